"""What a value was meant to be, as far as that is plain."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_inspector.analysis.mend import Mended, mended, put
from realtime_inspector.protocol.realtime.schema import Kind, Problem

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
