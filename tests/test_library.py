"""The library: its page runs as it stands, and importing it loads nothing that it does not need."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

import realtime_inspector
from tests.pages import ROOT

PAGE = ROOT / "docs/library.md"
EXAMPLE = re.compile(r"^## (.*?)$|^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", re.MULTILINE | re.DOTALL)
HEAVY = {"textual", "rich", "mitmproxy", "websockets", "cryptography", "asyncio", "ssl", "click"}


def examples() -> dict[str, tuple[str, str]]:
    """Return the page's examples with what they print, by the heading above them."""
    found, heading = {}, "beginning"
    for title, code, printed in EXAMPLE.findall(PAGE.read_text(encoding="utf-8")):
        heading = title or heading
        if code:
            found[heading] = (code, printed)
    return found


@pytest.mark.parametrize("heading", examples())
def test_an_example_prints_what_the_page_says(heading: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, sample in (("call", "missing-call-id"), ("talk", "voice-turn")):
        (tmp_path / f"{name}.jsonl").write_bytes((ROOT / f"recordings/{sample}.jsonl").read_bytes())
    (tmp_path / "README.md").write_text("words")
    monkeypatch.chdir(tmp_path)
    code, printed = examples()[heading]
    assert printed, "an example without what it prints"
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(code, f"docs/library.md, {heading}", "exec"), {})
    assert out.getvalue() == printed


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import realtime_inspector as r, sys; before = set(sys.modules); " \
           "[getattr(r, name) for name in r.__all__]; r.lint(sys.argv[1]); " \
           "print(*{name.partition('.')[0] for name in sys.modules}); " \
           "print(*sorted(name for name in before if name.startswith('realtime')))"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code, ROOT / "recordings/missing-call-id.jsonl"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded, at_first = done.stdout.splitlines()
    assert set(loaded.split()) & HEAVY == set()
    assert at_first == "realtime_inspector"


def test_every_public_name_is_there_and_listed() -> None:
    for name in realtime_inspector.__all__:
        assert getattr(realtime_inspector, name) is not None
        assert name in dir(realtime_inspector)
    with pytest.raises(AttributeError, match="no attribute 'lints'"):
        realtime_inspector.lints  # type: ignore[attr-defined]  # noqa: B018 - that it is not there is what is asked


def test_a_folder_is_opened_recording_by_recording() -> None:
    found = realtime_inspector.open_recordings(ROOT / "recordings")
    assert len(found) == len(list((ROOT / "recordings").glob("*.jsonl")))


def test_a_policy_or_speed_that_is_none_is_said() -> None:
    sample = ROOT / "recordings/tool-call.jsonl"
    with pytest.raises(realtime_inspector.UsageError, match="match 'exact' is none: known are causal, strict"):
        realtime_inspector.mock(sample, match="exact")
    with pytest.raises(realtime_inspector.UsageError, match="speed 'fast' is none"):
        realtime_inspector.mock(sample, speed="fast")


def test_what_is_wrong_with_a_call_is_said_by_the_call() -> None:
    sample = ROOT / "recordings/tool-call.jsonl"
    with pytest.raises(realtime_inspector.RecordingError, match=r"gone\.jsonl: No such file"):
        realtime_inspector.events("gone.jsonl")
    with pytest.raises(realtime_inspector.UsageError, match="no format 'mp3'"):
        realtime_inspector.export(sample, "mp3")
    with pytest.raises(realtime_inspector.UsageError, match="no side 'left'; known are both, user, assistant"):
        realtime_inspector.export(sample, "wav", side="left")
    with pytest.raises(realtime_inspector.UsageError, match="har takes no --turn"):
        realtime_inspector.export(sample, "har", turn=1)
    with pytest.raises(realtime_inspector.UsageError, match="no rule 'TOLL003'; did you mean 'TOOL003'"):
        realtime_inspector.lint(sample, select="TOLL003")


def test_one_word_is_not_taken_for_its_letters() -> None:
    sample = ROOT / "recordings/missing-call-id.jsonl"
    found = realtime_inspector.lint(sample, select="TOOL", ignore="TOOL002")
    assert [finding.rule for finding in found] == ["TOOL003"]
    with realtime_inspector.mock(sample, ignore="session.instructions") as server:
        assert server.options.ignore == ("session.instructions",)


def test_what_was_opened_can_be_served() -> None:
    recording = realtime_inspector.open_recording(ROOT / "recordings/tool-call.jsonl")
    with realtime_inspector.mock(recording) as server:
        assert server.report().unserved == (str(recording.path),)


def test_type_checkers_are_told_of_the_same_names() -> None:
    stub = Path(realtime_inspector.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    told = {name: home for home, name in re.findall(r"^from (\S+) import \w+ as (\w+)$", stub, re.MULTILINE)}
    assert sorted(told) == sorted(realtime_inspector.__all__)
    modules = vars(realtime_inspector)["_MODULES"]
    homes = {name: f"realtime_inspector.{home}" for name, home in modules.items()}
    assert told == homes
