"""What a value was meant to be, as far as that is plain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from realtime_inspector.analysis import mend
from realtime_inspector.analysis.mend import Mended, mended, put
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.protocol.realtime.schema import Kind, Problem
from tests.analysis.examples import parsed, said, told

VADS = ("server_vad", "semantic_vad")


def problem(value: Any, *allowed: str, path: str = "session.x", kind: Kind = Kind.TYPE) -> Problem:
    return Problem(path, kind, "", allowed, value=value)


@pytest.mark.parametrize(
    ("found", "meant"),
    [
        (problem("0.5", "number"), Mended(True, 0.5, certain=True)),
        (problem("500", "integer"), Mended(True, 500, certain=True)),
        (problem("500", "integer", "string"), Mended(True, 500)),
        (problem(200.5, "integer"), Mended(True, 200, certain=True)),
        (problem("True", "boolean"), Mended(True, True, certain=True)),
        (problem(False, "null", "object"), Mended(True, None)),
        (problem(True, "number"), Mended(certain=True)),
        (problem(7, "string"), Mended(True, "7", certain=True)),
        (problem({"a": 1}, "string"), Mended(True, '{"a":1}', certain=True)),
        (problem({"a": 1}, "string", "null"), Mended()),
        (problem("half", "number"), Mended()),
        (problem("pcm16", "object", path="a.format"), Mended(True, {"type": "audio/pcm", "rate": 24000}, certain=True)),
        (problem("opus", "object", path="a.format"), Mended()),
        (problem("far_field", "object", path="a.noise_reduction"), Mended(True, {"type": "far_field"}, certain=True)),
        (problem("Semantic-VAD", *VADS, kind=Kind.VALUE), Mended(True, "semantic_vad", certain=True)),
        (problem("sever_vad", *VADS, kind=Kind.VALUE), Mended(True, "server_vad")),
        (problem("none", *VADS, kind=Kind.VALUE), Mended()),
        (problem(5, "server_vad", kind=Kind.VALUE), Mended()),
        (problem("pcm16", "audio/pcm", path="a.format.type", kind=Kind.VALUE), Mended(True, "audio/pcm", certain=True)),
    ],
)  # fmt: skip
def test_a_value_is_mended_where_its_meaning_is_plain(found: Problem, meant: Mended) -> None:
    assert mended(found) == meant


@pytest.mark.parametrize("path", ["a.b", "a[1]", "a[0].c", "c", "a[0].b[7]"])
def test_a_path_that_is_not_there_changes_nothing(path: str) -> None:
    assert put({"a": [{"b": [1]}]}, path, 2) is None


def test_what_was_sent_stays_as_it_was() -> None:
    body = {"a": [{"b": 1}, {"b": 2}]}
    assert put(body, "a[1].b", 3) == {"a": [{"b": 1}, {"b": 3}]}
    assert body == {"a": [{"b": 1}, {"b": 2}]}


def test_a_value_is_placed_where_no_object_is_yet() -> None:
    assert mend.place({"type": "x", "session": {"a": 1}}, "session.audio.output.voice", "marin") == {
        "type": "x",
        "session": {"a": 1, "audio": {"output": {"voice": "marin"}}},
    }


def test_what_is_taken_out_leaves_no_empty_objects_but_the_first() -> None:
    body = {"type": "session.update", "session": {"audio": {"output": {"voice": "marin"}}}}
    assert mend.without(body, "session.audio.output.voice") == {"type": "session.update", "session": {}}
    assert mend.without(body, "session.tools[3].name", "response.x") == body
    tools = {"session": {"tools": [{"name": "a", "x": 1}, {"name": "b"}]}}
    assert mend.without(tools, "session.tools[0].x", "session.tools[1]") == {"session": {"tools": [{"name": "a"}]}}


MENDED = {
    "CON014", "ENV001", "ENV002", "ENV003", "ENV006", "ENV010", "ENV011", "ENV012", "INT002", "INT003", "INT004",
    "INT005", "ITM002", "ITM003", "ITM004", "ITM005", "RSP013", "RSP014", "RSP015", "RSP016", "RSP018", "SES001",
    "SES002", "SES006", "SES007", "SES008", "SES009", "SES010", "SES011", "SES013", "SES014", "SES015", "SES016",
    "SES017", "SES023", "SES025", "TOOL003", "TOOL004", "TOOL007", "TRN006",
}  # fmt: skip
"""The rules that give the event as it should have been."""


def test_a_corrected_event_is_nothing_to_the_rule_that_gave_it() -> None:
    giving: set[str] = set()
    for rule in all_rules():
        for text in rule.bad:
            read = parsed(text)
            for finding in said(rule, text):
                if finding.corrected is None:
                    continue
                giving.add(rule.id)
                better = [
                    replace(entry, payload=orjson.dumps(finding.corrected)) if entry.n == finding.entry else entry
                    for entry in read.entries
                ]
                again = [each.message for each in told(rule, read, better) if each.entry == finding.entry]
                if rule.id != "SES011":  # a choice in its place may still name no tool
                    assert again == [], f"{rule.id}: {finding.corrected}"
    assert giving == MENDED
