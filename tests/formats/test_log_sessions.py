"""The log of several sessions."""

from __future__ import annotations

from realtime_inspector.analysis.lint import lint
from realtime_inspector.formats.log_sessions import sessions
from realtime_inspector.recording import transcript

FIRST = """
> {"type": "session.update", "event_id": "e1", "session": {"type": "realtime"}}
< {"type": "session.created", "session": {"id": "s1", "audio": {}}}
> {"type": "response.create"}
< {"type": "response.created", "response": {"id": "r1"}}
"""
SECOND = """
+10s > {"type": "session.update", "event_id": "e1", "session": {"type": "realtime"}}
< {"type": "session.created", "session": {"id": "s2", "audio": {}}}
> {"type": "response.create"}
"""


def split(text: str) -> list[str]:
    return [transcript.render(entries) for entries in sessions(transcript.entries(text))]


def test_one_session_stays_as_it_is() -> None:
    entries = transcript.entries(FIRST)
    assert sessions(entries) == [entries]


def test_each_session_has_what_its_client_sent_before_it_was_announced() -> None:
    first, second = sessions(transcript.entries(FIRST + SECOND))
    assert [len(first), len(second)] == [4, 3]
    assert [(entry.n, entry.t) for entry in second] == [(1, 0.0), (2, 0.001), (3, 0.002)]


def test_a_session_that_is_announced_twice_is_one() -> None:
    assert len(split(FIRST + '< {"type": "session.created", "session": {"id": "s1"}}')) == 1


def test_what_was_sent_at_last_belongs_to_the_session_that_was_closed() -> None:
    closed = '> {"type": "response.cancel"}\nx< 1000\n< 101\n< {"type": "session.created", "session": {"id": "s2"}}'
    first, second = sessions(transcript.entries(FIRST + closed))
    assert [len(first), len(second)] == [6, 2]


def test_a_session_begins_without_what_the_one_before_left_open() -> None:
    first, second = sessions(transcript.entries(FIRST + SECOND))
    assert [finding.rule for finding in lint(second)] == []
    assert "ENV008" in [finding.rule for finding in lint([*first, *transcript.entries(SECOND)])]
