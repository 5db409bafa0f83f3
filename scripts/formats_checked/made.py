"""Everything that is written, of the recordings of this repository and of one that is awkward."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import redirect_stderr
from io import StringIO

from formats_checked.place import ROOT, Place
from realtime_inspector.cli.ci import FORMATS as CI
from realtime_inspector.cli.main import main
from realtime_inspector.formats.exports import FORMATS as EXPORTS
from realtime_inspector.recording import jsonl, transcript
from realtime_inspector.recording.entry import Header

SPOKEN = (
    r"]]> --> <b>&amp;</b> | `a` \" '' \\ \u0001\u001b[2J\u202e \ud83d\ude00 \u2028 \u0085\n\nNOTE x\n1\n00:00"
    r" </script><!-- ::error::%0A,"
)
AWKWARD = r"""
    > GET /v1/realtime?model=m|<x>&a=%0A {"Upgrade": "websocket", "X-Odd": "<&\">,;"}
    < 101
    < {"type": "session.created", "event_id": "e1", "session": {"id": "sess_<1>", "type": "realtime", "model": "SAID"}}
    > {"type": "session.update", "event_id": "=cmd()", "session": {"modalities": ["audio"], "instructions": "SAID", "SAID": 1}}
    < {"type": "error", "error": {"code": "SAID", "param": "SAID", "message": "SAID"}}
    > {"type": "SAID"}
    +20ms > {"type": "input_audio_buffer.append", "audio": "<400ms>"}
    +400ms < {"type": "input_audio_buffer.speech_started", "item_id": "u1", "audio_start_ms": 0}
    < {"type": "input_audio_buffer.speech_stopped", "item_id": "u1", "audio_end_ms": 400}
    < {"type": "input_audio_buffer.committed", "item_id": "u1"}
    < {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "content_index": 0, "transcript": "SAID"}
    < {"type": "response.created", "response": {"id": "r1"}}
    > {"type": "response.create"}
    < {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "i1", "type": "message", "role": "assistant"}}
    < {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "i1", "content_index": 0, "delta": "<700ms>"}
    < {"type": "response.output_audio_transcript.done", "response_id": "r1", "item_id": "i1", "content_index": 0, "transcript": "SAID"}
    < {"type": "response.function_call_arguments.done", "response_id": "r1", "item_id": "i2", "call_id": "c|1", "name": "SAID", "arguments": "{\"a\": \"SAID"}
    < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": []}}
    > {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": "SAID"}}
    < {"type": "response.output_text.delta", "response_id": "r1", "delta": "half of a pair: \ud83d"}
    > this is no JSON: ]]> </textarea><svg onload=alert(1)>
    b> AAECgP8=
    ! 3 full
    x> 4000 SAID
    x
""".replace("SAID", SPOKEN)  # noqa: E501  # an event is one line
HEADER = Header(id="01AWKWARD", started="2026-11-22T11:10:03.123456Z", url="wss://api.openai.com/v1/realtime?model=m")
AGENT = """
import os
from websockets.sync.client import connect

with connect(os.environ["REALTIME_INSPECTOR_URL"] + "?model=m", proxy=None) as connection:
    connection.recv()
    connection.send('{"type": "response.create", "response": {"instructions": "<|]]>%"}}')
"""
BUDGETS = ["--budget", "ttfa_p95=1ms", "--budget", "tokens=1", "--budget", "tool_round_trip_max=1ms"]


def make(place: Place) -> None:
    """Write every format into the place's folder."""
    calls = place.folder / "calls"
    shutil.copytree(ROOT / "recordings", calls)
    awkward = calls / "awkward <call>, %0A & co.jsonl"
    awkward.write_bytes(jsonl.dump_header(HEADER) + b"".join(map(jsonl.dump, transcript.entries(AWKWARD))))
    place.out.mkdir()
    _reports(place)
    for path in sorted(calls.glob("*.jsonl")):
        for name, each in EXPORTS.items():
            export([str(path), "--to", name, "-o", str(place.out / f"{path.stem}{each.suffix}")])
    export([str(calls), "--to", "parquet", "-o", str(place.out / "tables")])


def _reports(place: Place) -> None:
    """Write the reports of `lint`, `stats`, `diff` and `exec`."""
    (place.folder / "agent.py").write_text(AGENT)
    two = ["calls/barge-in.jsonl", "calls/awkward <call>, %0A & co.jsonl"]
    for name in CI:
        _report(place, f"lint.{name}", ["lint", "--format", name, "calls"])
        _report(place, f"diff.{name}", ["diff", "--format", name, *two])
        if name != "sarif":
            _report(place, f"stats.{name}", ["stats", "--format", name, *BUDGETS, "calls"])
        agent = ["--", sys.executable, "agent.py"]
        report = ["--report", str(place.out / f"exec.{name}"), "--report-format", name]
        _report(place, "exec.out", ["exec", "--recording", "calls/voice-turn.jsonl", *report, *agent])


def _report(place: Place, name: str, arguments: list[str]) -> None:
    with (place.out / name).open("wb") as file:
        command = [sys.executable, "-m", "realtime_inspector", *arguments]
        ran = subprocess.run(command, stdout=file, stderr=subprocess.PIPE, cwd=place.folder, text=True, check=False)
    if ran.returncode not in {0, 1} or "Traceback" in ran.stderr:
        raise SystemExit(f"{' '.join(arguments)}: {ran.stderr}")


def export(arguments: list[str]) -> None:
    """Run `export`; a recording without sound has none of some formats, all else that goes wrong is told."""
    complaint = StringIO()
    with redirect_stderr(complaint):
        code = main(["export", *arguments])
    words = complaint.getvalue().strip()
    if code and "no audio in it" not in words:
        print(f"export {' '.join(arguments)}: {words}", file=sys.stderr)
