"""`export --to otlp`, and `--otlp` of `proxy` and `run`."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from pathlib import Path

import orjson
import pytest

from realtime_inspector.cli import tracing
from realtime_inspector.errors import UsageError
from realtime_inspector.traces import live, otlp
from tests.cli.helpers import CommandLine
from tests.traces import calls
from tests.traces.collector import Answer, collecting, nobody, values
from tests.traces.test_otlp import _own_environment as _own_environment

pytest.importorskip("opentelemetry.exporter.otlp.proto.http")

ROOT = Path(__file__).parent.parent.parent
AGENT = """
import os
from websockets.sync.client import connect

url = os.environ["OPENAI_BASE_URL"].replace("http", "ws", 1) + "/realtime?model=m"
with connect(url, additional_headers={"Authorization": "Bearer k"}, proxy=None) as connection:
    connection.recv()
"""


def test_a_recording_is_sent_and_how_much_is_said(rti: CommandLine, tmp_path: Path) -> None:
    path = calls.write(tmp_path / "call.jsonl")
    with collecting() as collector:
        ran = rti("export", path, "--to", "otlp", "--endpoint", collector.url)
        taken = collector.wait_for(7)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == f"{path}: 7 spans in 2 traces sent to {collector.url}/v1/traces\n"
    assert [span.name for span in taken if not span.parent_span_id] == ["turn", "turn"]
    assert b"What is said here?" not in b"".join(collector.bodies)


def test_a_file_has_the_spans_that_a_collector_would_get(rti: CommandLine, tmp_path: Path) -> None:
    path, out = calls.write(tmp_path / "call.jsonl"), tmp_path / "spans.jsonl"
    with collecting() as collector:
        rti("export", path, "--to", "otlp", "--endpoint", collector.url)
        sent = {(span.name, span.trace_id.hex(), span.span_id.hex()) for span in collector.wait_for(7)}
    ran = rti("export", path, "--to", "otlp", "-o", out)
    assert (ran.code, ran.err) == (0, f"{path}: written to {out} as otlp\n")
    (request,) = [orjson.loads(line) for line in out.read_bytes().splitlines()]
    spans = request["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert {(span["name"], span["traceId"], span["spanId"]) for span in spans} == sent
    assert {span["parentSpanId"] for span in spans if "parentSpanId" in span} <= {span["spanId"] for span in spans}
    before = out.read_bytes()
    rti("export", path, "--to", "otlp", "-o", out)
    assert out.read_bytes() == before


def test_content_and_findings_are_told_as_asked(rti: CommandLine, tmp_path: Path) -> None:
    path = calls.write(tmp_path / "call.jsonl")
    with collecting() as collector:
        for option in ("--content", "--no-findings"):
            assert rti("export", path, "--to", "otlp", "--endpoint", collector.url, option).code == 0
    full, bare = collector.bodies
    assert b"What is said here?" in full
    assert b"finding RAT002" in full
    assert b"finding" not in bare.replace(b"findings.", b"")


def test_the_project_s_choice_of_rules_holds(rti: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = calls.write(tmp_path / "call.jsonl")
    (tmp_path / "realtime-inspector.toml").write_text('[lint]\nignore = ["RAT002"]\n')
    monkeypatch.chdir(tmp_path)
    with collecting() as collector:
        assert rti("export", path, "--to", "otlp", "--endpoint", collector.url).code == 0
    assert b"RAT002" not in collector.bodies[0]


def test_what_goes_wrong_is_one_line(rti: CommandLine, tmp_path: Path) -> None:
    path = calls.write(tmp_path / "call.jsonl")
    with collecting(Answer(401)) as collector:
        ran = rti("export", path, "--to", "otlp", "--endpoint", collector.url)
    assert ran.code == 3
    assert ran.err == (
        f"realtime-inspector: {collector.url}/v1/traces answers 401 Unauthorized: "
        "set OTEL_EXPORTER_OTLP_HEADERS, such as authorization=Bearer%20KEY\n"
    )
    (tmp_path / "app.log").write_text('< {"type": "response.created", "response": {"id": "r1"}}\n')
    undated = rti("export", tmp_path / "app.log", "--to", "otlp")
    assert (undated.code, "nothing says on which day it was" in undated.err) == (2, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--to", "otlp", "--turn", "1"], "otlp takes no --turn"),
     (["--to", "otlp", "-o", "x", "--endpoint", "http://h"],
          "--endpoint sends the spans, --output writes them; leave one of them out"),
     (["--to", "har", "--endpoint", "http://h"], "har takes no --endpoint; otlp does"),
     (["--to", "markdown", "--content"], "markdown takes no --content; otlp does"),
     (["--to", "otlp", "--endpoint", "h:1"], "'h:1' is no URL of a collector, such as http://localhost:4318")],
)  # fmt: skip
def test_what_means_nothing_is_refused(rti: CommandLine, tmp_path: Path, options: list[str], said: str) -> None:
    ran = rti("export", calls.write(tmp_path / "call.jsonl"), *options)
    assert (ran.code, ran.err) == (2, f"realtime-inspector: {said}\n")


def test_the_process_that_follows_sends_a_call_when_it_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "nice", lambda by: by)
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    monkeypatch.setattr(tracing, "FLUSH_S", 60.0)
    ours, theirs = multiprocessing.Pipe()
    with collecting() as collector:
        arguments = (collector.url, tmp_path, list(live.stems(tmp_path)), True, theirs)
        thread = threading.Thread(target=tracing.follow, args=arguments)
        thread.start()
        calls.write(tmp_path / "a.jsonl")
        collector.wait_for(7)
        assert b"What is said here?" in b"".join(collector.bodies)
        calls.write(tmp_path / "b.jsonl", count=20)
        ours.close()
        thread.join()
        assert len(collector.taken) > 7
    theirs.close()
    assert capsys.readouterr().err == ""


def test_one_that_nobody_listens_to_says_so_once_and_how_to_send_it_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "nice", lambda by: by)
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    ours, theirs = multiprocessing.Pipe()
    calls.write(tmp_path / "a.jsonl")
    ours.close()
    with nobody() as url:
        tracing.follow(url, tmp_path, [], False, theirs)
    theirs.close()
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"realtime-inspector: no traces: {url}/v1/traces cannot be reached: connection refused")
    assert second == (
        "realtime-inspector: 7 spans not sent; "
        "`realtime-inspector export FILE --to otlp` sends them from the recordings"
    )


def test_run_sends_the_calls_of_its_program(rti: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from realtime_inspector.simulator.thread import simulating

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REALTIME_INSPECTOR_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(tracing, "_GRACE_S", 90.0)
    (tmp_path / "agent.py").write_text(AGENT)
    with collecting() as collector, simulating() as server:
        ran = rti("run", "--mode", "reverse", "--upstream", server.base_url, "--otlp", collector.url,
                  "--", sys.executable, "agent.py")  # fmt: skip
        assert ran.code == 0, ran.err
        (span,) = collector.wait_for(1)
    assert f"traces go to {collector.url}/v1/traces: times, figures and findings, nothing that was said" in ran.err
    told = values(span.attributes)
    assert (span.name, told["realtime_inspector.via"], told["http.response.status_code"]) == ("connect", "relay", 101)


def test_a_collector_s_url_is_checked_before_anything_begins(rti: CommandLine, tmp_path: Path) -> None:
    ran = rti("run", "--dir", tmp_path, "--otlp", "nowhere", "--", sys.executable, "-c", "print('ran')")
    assert (ran.code, ran.out) == (2, "")
    assert "'nowhere' is no URL of a collector" in ran.err


def test_without_the_extra_nothing_begins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(otlp, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="--otlp needs OpenTelemetry"), tracing.sent("env", tmp_path):
        pass
