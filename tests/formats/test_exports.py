"""The smaller formats, and the table of all of them."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from realtime_inspector.errors import UsageError
from realtime_inspector.formats import exports, read_any, reproducer, steps
from realtime_inspector.formats.exports import Wanted
from realtime_inspector.replay.load import load
from realtime_inspector.replay.thread import serving
from tests.formats.recorded import recorded

ROOT = Path(__file__).parent.parent.parent
SAMPLE = ROOT / "recordings/missing-call-id.jsonl"
CALL = """
    > GET /v1/realtime?model=m&api-key=canary {"Authorization": "Bearer canary", "X-Client-Request-Id": "req_mine"}
    < 101
    < {"type": "session.created", "event_id": "e1", "session": {"id": "sess_1", "instructions": "canary"}}
    > {"type": "session.update", "event_id": "=1+1", "session": {"instructions": "canary"}}
    < {"type": "response.output_item.added", "response_id": "r1", "item": ITEM}
    +2s > {"type": "conversation.item.create", "item": OUTPUT}
    < {"type": "error", "error": {"code": "bad", "message": "no"}}
    > nonsense
    b> AAEC
    x> 1000
    x
""".replace("ITEM", '{"id": "i1", "call_id": "c1", "type": "function_call"}').replace(
    "OUTPUT", '{"type": "function_call_output", "call_id": "c1", "output": "canary"}'
)


def text(name: str, **wanted: object) -> str:
    return b"".join(exports.write(recorded(CALL), name, Wanted(**wanted))).decode()  # type: ignore[arg-type]


def test_a_table_has_a_row_an_event_and_no_content() -> None:
    rows = list(csv.DictReader(io.StringIO(text("csv"))))
    assert [row["n"] for row in rows] == [str(n) for n in range(1, 12)]
    assert (rows[4]["type"], rows[4]["item_id"], rows[4]["call_id"]) == ("response.output_item.added", "i1", "c1")
    assert (rows[6]["type"], rows[6]["code"]) == ("error", "bad")
    assert any(row["findings"] for row in rows)
    assert "canary" not in text("csv")


def test_a_cell_cannot_be_a_formula() -> None:
    assert next(row for row in csv.DictReader(io.StringIO(text("csv"))) if row["n"] == "4")["event_id"] == "'=1+1"


def test_a_bundle_has_ids_times_findings_and_nothing_that_was_said() -> None:
    content = b"".join(exports.write(recorded(CALL), "bundle"))
    assert content == b"".join(exports.write(recorded(CALL), "bundle"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert set(parts) == {"README.txt", "about.json", "events.csv", "timings.json", "findings.json", "errors.jsonl"}
    about = json.loads(parts["about.json"])
    assert about["connection"][0]["headers"] == {"X-Client-Request-Id": "req_mine"}
    assert (about["session"]["id"], about["connection"][0]["path"]) == ("sess_1", "/v1/realtime")
    assert json.loads(parts["findings.json"])[0]["rule"]
    assert json.loads(parts["errors.jsonl"])["error"]["code"] == "bad"
    assert not any("canary" in part for part in parts.values())


def test_a_step_waits_for_what_came_and_learns_the_ids_it_sends_back() -> None:
    told = steps.read(recorded(CALL))
    assert told.learn == [["response.output_item.added", 1, "item.call_id", "c1"]]
    first, output, *odd = told.steps
    assert (first["wait"], output["wait"]) == ({"session.created": 1}, {"response.output_item.added": 1})
    assert output["pause_ms"] == 2000
    assert odd == [{"wait": {"error": 1}, "pause_ms": 1, "text": "nonsense"}, {"pause_ms": 1, "base64": "AAEC"}]
    assert (told.wait, told.close_code) == ({"session.created": 1, "error": 1}, 1000)


def test_audio_of_a_microphone_waits_for_nothing_once_it_runs() -> None:
    append = '> {"type": "input_audio_buffer.append", "audio": "AAAA"}'
    told = steps.read(recorded(f'{append}\n< {{"type": "session.updated"}}\n+20ms {append}\n+2s {append}\nx'))
    assert ["wait" in step for step in told.steps] == [False, False, True]


@pytest.mark.parametrize("write", [reproducer.python, reproducer.javascript], ids=["python", "javascript"])
def test_a_program_holds_no_key(write: object) -> None:
    program = "\n".join(write(recorded(CALL)))  # type: ignore[operator]
    assert "Bearer canary" not in program
    assert "@" not in program.replace("@FILE@", "")


def programs() -> list[list[str]]:
    node = shutil.which("node")
    major = int(subprocess.run([node, "-p", "process.versions.node.split('.')[0]"], capture_output=True, text=True,
                               check=True).stdout) if node else 0  # fmt: skip
    found = [["python", sys.executable]]
    if node and major >= 20:
        found.append(["javascript", node, *(["--experimental-websocket"] if major < 22 else [])])
    return found


def test_the_programs_do_the_same_again_against_the_recording_as_a_server(tmp_path: Path) -> None:
    for name, *command in programs():
        program = tmp_path / f"again{exports.FORMATS[name].suffix}"
        program.write_bytes(b"".join(exports.write(read_any(SAMPLE), name)))
        with serving(load(SAMPLE)) as server:
            url = server.base_url.replace("http", "ws", 1) + "/realtime"
            ran = subprocess.run(
                [*command, program],
                env={**os.environ, "REALTIME_URL": url, "SPEED": "0", "NO_PROXY": "127.0.0.1", "OPENAI_API_KEY": ""},
                capture_output=True, text=True, check=False, timeout=90,
            )  # fmt: skip
        assert (ran.returncode, "missing_required_parameter" in ran.stdout) == (0, True), ran.stdout + ran.stderr
        assert server.report().met, server.report().text()


def test_every_format_writes_a_sample() -> None:
    for name in exports.FORMATS:
        with suppress(UsageError):  # no mitmproxy on some machines
            assert b"".join(exports.write(read_any(ROOT / "recordings/second-response.jsonl"), name)), name


@pytest.mark.parametrize("name", exports.FORMATS)
def test_the_same_recording_is_the_same_bytes(name: str) -> None:
    spoken = ROOT / "recordings/barge-in.jsonl"
    try:
        first = b"".join(exports.write(read_any(spoken), name))
    except UsageError as error:
        pytest.skip(str(error))  # an extra that is not installed
    assert first == b"".join(exports.write(read_any(spoken), name))


def test_what_a_format_does_not_take_is_refused_with_those_that_do() -> None:
    with pytest.raises(UsageError, match=r"^har takes no --turn; wav, flac, opus, vtt, srt do$"):
        list(exports.write(recorded(CALL), "har", Wanted(turn=1)))
    with pytest.raises(UsageError, match="no format 'pdf'; known are markdown, html"):
        list(exports.write(recorded(CALL), "pdf"))
    with pytest.raises(UsageError, match="no turn 7: it has"):
        list(exports.write(recorded(CALL), "vtt", Wanted(turn=7)))
