"""What browsers, mitmproxy and collectors of traces read."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from formats_checked.made import export
from formats_checked.place import Missing, Objection, Place, Verdict, node_version, ran, tool, version
from realtime_inspector.recording.entry import Kind
from realtime_inspector.recording.files import open_recording

HAR = """
import fs from 'node:fs';
import validator from 'har-validator';
for (const file of process.argv.slice(2)) try {
  await validator.har(JSON.parse(fs.readFileSync(file)));
} catch (error) { console.log(file, JSON.stringify(error.errors ?? String(error))); process.exit(1); }
"""
DEVTOOLS = """
import json, sys
from playwright.sync_api import sync_playwright

READ = '''async text => {
  const har = await import('devtools://devtools/bundled/models/har/har.js');
  const root = new har.HARFormat.HARRoot(JSON.parse(text));
  return har.Importer.Importer.requestsFromHARLog(root.log).map(request => ({
    type: request.resourceType().name(), status: request.statusCode, frames: request.frames()}));
}'''
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=sys.argv[1], args=["--no-sandbox"])
    page = browser.new_page()
    page.goto("devtools://devtools/bundled/models/har/har.js")
    found = {path: page.evaluate(READ, open(path, encoding="utf-8").read()) for path in sys.argv[2:]}
    print(json.dumps({"version": browser.version, "found": found}))
    browser.close()
"""
OTLP = """
import sys
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
spans, traces = {}, set()
for path in sys.argv[1:]:
    request = ExportTraceServiceRequest.FromString(open(path, "rb").read())
    if len(UnknownFieldSet(request)):
        sys.exit(f"{path}: holds what the messages do not know")
    for resource in request.resource_spans:
        if not any(each.key == "service.name" for each in resource.resource.attributes):
            sys.exit(f"{path}: no service.name")
        for scope in resource.scope_spans:
            for span in scope.spans:
                if span.span_id in spans:
                    sys.exit(f"{path}: a span's id comes twice")
                spans[span.span_id] = span
                traces.add(span.trace_id)
for span in spans.values():
    if len(span.trace_id) != 16 or len(span.span_id) != 8 or not span.name:
        sys.exit(f"{span.name}: ids of the wrong length")
    if not 0 < span.start_time_unix_nano <= span.end_time_unix_nano:
        sys.exit(f"{span.name}: it ends before it starts")
    parent = spans.get(span.parent_span_id)
    if span.parent_span_id and (parent is None or parent.trace_id != span.trace_id):
        sys.exit(f"{span.name}: its parent is not there")
    if any(event.time_unix_nano < span.start_time_unix_nano or not event.name for event in span.events):
        sys.exit(f"{span.name}: an event before it")
print(f"{len(spans)} spans in {len(traces)} traces, ids, parents and times in order")
"""
MITMPROXY = "mitmproxy>=12.2.3"


def har_schema(place: Place) -> Verdict:
    """Hold them to the schema of HAR 1.2."""
    logs = place.made("*.har")
    place.run_node(("har-validator",), HAR, *logs)
    return Verdict(node_version(place.node("har-validator"), "har-validator"), f"{len(logs)} logs fit HAR 1.2")


def har_devtools(place: Place) -> Verdict:
    """Let Chromium's developer tools import them, and compare the messages with the recording's."""
    logs = place.made("*.har")
    words = place.run_python(("playwright",), DEVTOOLS, tool("chromium"), *logs)
    told, _ = json.JSONDecoder().raw_decode(words)
    count = 0
    for log in logs:
        wanted = messages(place, log)
        (request,) = [each for each in told["found"][str(log)] if each["type"] == "websocket"]
        shown = [(frame["type"], frame["text"]) for frame in request["frames"] if frame["opCode"] == 1]
        if request["status"] != 101 or len(shown) != len(wanted):
            raise Objection(f"{log.name}: status {request['status']}, {len(shown)} of {len(wanted)} messages")
        wrong = [pair for pair in zip(wanted, shown, strict=True) if pair[0] != pair[1]]
        if wrong:
            raise Objection(f"{log.name}: {wrong[0]!r:.300}")
        count += len(shown)
    return Verdict(told["version"], f"{len(logs)} logs, {count} messages as recorded")


def messages(place: Place, log: Path) -> list[tuple[str, str]]:
    """Return what was recorded: who sent it, and its text."""
    recording = open_recording(place.folder / "calls" / f"{log.stem}.jsonl")
    kinds = {"client": "send", "server": "receive"}
    return [
        (kinds[str(entry.side)], entry.payload.decode(errors="replace"))
        for entry in recording
        if entry.kind is Kind.MESSAGE and not entry.binary
    ]


def har_mitmproxy(place: Place) -> Verdict:
    """Let mitmproxy read them as HAR."""
    return _read(place, place.made("*.har"), "logs")


def flows(place: Place) -> Verdict:
    """Let mitmproxy read them as flows."""
    return _read(place, place.made("*.flow"), "flow files")


def _read(place: Place, paths: list[Path], what: str) -> Verdict:
    programs = place.python(MITMPROXY)
    count = 0
    for path in paths:
        code, words = ran(
            str(programs / "mitmdump"), "-nr", str(path), "--set", "confdir=" + str(place.folder / "mitm")
        )
        found = len(re.findall(r"(?m)(?:<-|->) WebSocket (?:text|binary) message (?:<-|->)", words))
        if code or not re.search(r"<< 101 ", words) or re.search(r"(?i)traceback|error while|invalid", words):
            raise Objection(f"{path.name}: exit {code}: {words[-300:]}")
        count += found
    return Verdict(version(programs, "mitmproxy"), f"{len(paths)} {what}, {count} messages")


def otlp(place: Place) -> Verdict:
    """Take traces as a collector does, and read them with the convention's own messages."""
    bodies: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    for path in sorted((place.folder / "calls").glob("*.jsonl")):
        export([str(path), "--to", "otlp", "--endpoint", endpoint, "--content"])
    server.shutdown()
    server.server_close()
    if not bodies:
        raise Missing("nothing was sent: is the extra `otel` not installed?")
    for n, body in enumerate(bodies):
        (place.out / f"{n}.otlp").write_bytes(body)
    words = place.run_python(("opentelemetry-proto",), OTLP, *place.made("*.otlp"))
    return Verdict(version(place.python("opentelemetry-proto"), "opentelemetry-proto"), words)
