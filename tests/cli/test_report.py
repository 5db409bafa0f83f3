"""`report`: the page of a call."""

from __future__ import annotations

import stat
from pathlib import Path

from tests.cli.helpers import CommandLine, write_recording

TEXT = '> {"type": "response.crate"}\nx'


def test_the_page_gets_the_recording_s_name_and_its_path_is_printed(rti: CommandLine) -> None:
    ran = rti("report", write_recording(Path("calls/one.jsonl"), TEXT))
    assert (ran.code, ran.out, ran.err) == (0, "one.html\n", "")
    assert Path("one.html").read_text().startswith("<!DOCTYPE html>")
    assert stat.S_IMODE(Path("one.html").stat().st_mode) == 0o600


def test_a_name_and_a_title_can_be_given_and_parts_left_out(rti: CommandLine) -> None:
    path = write_recording(Path("call.jsonl"), TEXT)
    assert rti("report", path, "-o", "bug.html", "--title", "Silence <1>", "--no-events", "--no-audio").code == 0
    page = Path("bug.html").read_text()
    assert "<h1>Silence &lt;1&gt;</h1>" in page
    assert 'id="events"' not in page


def test_the_standard_output_will_do(rti: CommandLine) -> None:
    ran = rti("report", write_recording(Path("call.jsonl"), TEXT), "-o", "-")
    assert ran.out.startswith("<!DOCTYPE html>")
    assert ran.out.endswith("</html>\n")


def test_the_recording_is_not_overwritten(rti: CommandLine) -> None:
    path = write_recording(Path("call.jsonl"), TEXT)
    assert rti("report", path, "-o", path).code == 2


def test_a_log_has_a_page_too_and_its_missing_times_are_told(rti: CommandLine) -> None:
    Path("app.log").write_text('> {"type": "response.create"}\n')
    ran = rti("report", "app.log")
    assert (ran.code, ran.out) == (0, "app.html\n")
    assert "no times in it" in ran.err
