"""The filter language."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.analysis import filter as filters
from realtime_inspector.analysis.facts import NOTHING, Facts, gather
from realtime_inspector.analysis.filter import FIELDS, FilterError
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.lint import Linter
from realtime_inspector.analysis.lint import events as read
from realtime_inspector.protocol.event import Event
from realtime_inspector.recording import transcript
from tests.analysis.sessions import VOICE, events

EVENTS = events("""
> GET /v1/realtime?model=gpt-realtime {}
< 101
> {"type": "session.update", "session": {"instructions": "Sei h\\u00f6flich."}}
+1500ms < {"type": "error", "error": {"message": "Unknown parameter: 'session.Voice'."}}
> {"type": "input_audio_buffer.append", "audio": "<100ms>"}
< nothing like JSON
< {"type": "response.done", "response": {"id": "resp_1"}}
x< 1000 bye
x
""")


def finding(severity: Severity, rule: str = "TST001") -> Finding:
    return Finding(rule, "a-name", severity, 1, 1, 0.0, "", "")


def shown(text: str, facts: Facts = NOTHING) -> list[int]:
    chosen = filters.compile(text)
    return [event.n for event in EVENTS if chosen(event, facts)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("   ", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("type:error", [4]),
        ("type=error", [4]),
        ("type:*.done", [7]),
        ("type:error,session.*", [3, 4]),
        ("type!=wire.*", [3, 4, 5, 7]),
        ("type:wire.malformed", [6]),
        ("from:client", [1, 3, 5]),
        ("from:proxy", [9]),
        ("kind:close,end", [8, 9]),
        ("n:4", [4]),
        ("n:4..6", [4, 5, 6]),
        ("n!=4 n<=5", [1, 2, 3, 5]),
        ("t>1.5s", [4, 5, 6, 7, 8, 9]),
        ("t<=3ms", [1, 2, 3]),
        ("bytes>1k", [5]),
        ("bytes:0", [1, 2, 8, 9]),
        ("unknown", [4]),
        ("UNKNOWN", [4]),
        ("~unknown", [4]),
        ('"unknown parameter"', [4]),
        ('~"unknown parameter"', [4]),
        ('"session.Voice\'."', [4]),
        ("höflich", [3]),
        ('"model=gpt-realtime"', [1]),
        ("bye", [8]),
        ("/resp_[0-9]+/", [7]),
        ("/^nothing/", [6]),
        (r"/\/v1\//", [1]),
        ("/v1/realtime", [1]),
        ("not from:client", [2, 4, 6, 7, 8, 9]),
        ("not not from:client", [1, 3, 5]),
        ("from:server and type:error", [4]),
        ("from:server type:error", [4]),
        ("type:error or from:client", [1, 3, 4, 5]),
        ("type:error or from:client n>2", [3, 4, 5]),
        ("(type:error or from:client) n>2", [3, 4, 5]),
        ("(type:error or from:client) and not (n>3)", [1, 3]),
        ("NOT type:wire.* AND n<5", [3, 4]),
    ],
)
def test_a_filter_chooses(text: str, numbers: list[int]) -> None:
    assert shown(text) == numbers


def test_audio_is_not_searched() -> None:
    assert shown("AAAA") == []


def test_a_keyword_in_quotes_is_a_text() -> None:
    assert shown('"or"') == [4, 6], "in the error's text, and in wire.malformed"
    assert shown('~"not"') == [6]


@pytest.mark.parametrize(
    ("text", "facts", "fits"),
    [
        ("turn:3", Facts(turn=3), True),
        ("turn:3", Facts(turn=2), False),
        ("turn:2..4", Facts(turn=3), True),
        ("turn>=1", Facts(), False),
        ("latency>800ms", Facts(latency_ms=801), True),
        ("latency>800ms", Facts(latency_ms=800), False),
        ("latency>=0.8s", Facts(latency_ms=800), True),
        ("latency<1s", Facts(), False),
        ("severity>=warning", Facts(findings=(finding(Severity.ERROR),)), True),
        ("severity>=warning", Facts(findings=(finding(Severity.INFO),)), False),
        ("severity:info", Facts(findings=(finding(Severity.INFO),)), True),
        ("severity<error", Facts(findings=(finding(Severity.WARNING),)), True),
        ("severity>=info", Facts(), False),
        ("rule:TST001", Facts(findings=(finding(Severity.INFO),)), True),
        ("rule:tst*", Facts(findings=(finding(Severity.INFO),)), True),
        ("rule:a-name", Facts(findings=(finding(Severity.INFO),)), True),
        ("rule:TOOL*", Facts(findings=(finding(Severity.INFO),)), False),
    ],
)
def test_a_filter_asks_what_is_known_of_an_event(text: str, facts: Facts, fits: bool) -> None:
    chosen = filters.compile(text)

    assert chosen(EVENTS[0], facts) is fits
    assert chosen.needs_facts


def test_a_filter_that_looks_at_the_event_alone_says_so() -> None:
    assert not filters.compile("type:error or bytes>1k").needs_facts


@pytest.mark.parametrize(
    ("text", "position", "problem"),
    [
        ("typ:error", 0, "no field 'typ'; did you mean 'type'?"),
        ("http://x", 0, "no field 'http'; known are type, from,"),
        ("type:", 5, "'type' has no value"),
        ("type>error", 4, "'type' is a word"),
        ("from:serer", 5, "no from 'serer'; known are client, server, proxy"),
        ("n:1 severity>=bad", 14, "no severity 'bad'; known are info, warning, error"),
        ("bytes>1x", 6, "no unit 'x'; units of 'bytes' are b, k"),
        ("latency>800", 8, "a number without its unit; units of 'latency' are ms, s"),
        ("turn:last", 5, "'last' is no number"),
        ("n>1..2", 1, "a range goes with n:"),
        ("(n:1", 0, "a parenthesis that is not closed"),
        ("n:1)", 3, "a closing parenthesis without an opening one"),
        ("()", 1, "something is missing before the closing parenthesis"),
        ("n:1 and", 7, "something is missing at the end"),
        ("or n:1", 0, "nothing stands before 'or'"),
        ("n:1 or or n:2", 7, "nothing stands before 'or'"),
        ('n:1 "open', 4, "a text in quotes"),
        ('type:"open', 5, "a text in quotes"),
        ("/a(b/", 2, "no regular expression: missing"),
        ("~", 0, "'~' begins nothing"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, position: int, problem: str) -> None:
    with pytest.raises(FilterError) as raised:
        filters.compile(text)

    assert raised.value.position == position
    assert raised.value.problem.startswith(problem)


@given(st.text() | st.text(alphabet='typefrom:><="~/()andornot 0123456789kms.*'))
def test_any_text_is_a_filter_or_an_error_with_a_place_in_it(text: str) -> None:
    place = place_of_error(text)

    if place is None:
        assert isinstance(filters.compile(text)(EVENTS[4]), bool)
    else:
        assert 0 <= place <= len(text)


def place_of_error(text: str) -> int | None:
    try:
        filters.compile(text)
    except FilterError as error:
        return error.position
    return None


Test = Callable[[Event], bool]
LEAVES: list[tuple[str, Test]] = [
    ("from:client", lambda event: event.from_client),
    ("n>4", lambda event: event.n > 4),
    ("type:*o*", lambda event: "o" in event.type),
    ("/[0-9]/", lambda event: any(char.isdigit() for char in filters.searched(event))),
    ("done", lambda event: "done" in event.type or "done" in filters.searched(event)),
]


def joined(inner: st.SearchStrategy[tuple[str, Test]]) -> st.SearchStrategy[tuple[str, Test]]:
    def both(pair: tuple[tuple[str, Test], tuple[str, Test], str]) -> tuple[str, Test]:
        (left, one), (right, two), word = pair
        if word == "or":
            return f"({left}) or ({right})", lambda event: one(event) or two(event)
        return f"({left}) {word} ({right})", lambda event: one(event) and two(event)

    def opposite(term: tuple[str, Test]) -> tuple[str, Test]:
        text, test = term
        return f"not ({text})", lambda event: not test(event)

    return st.tuples(inner, inner, st.sampled_from(["and", "or", ""])).map(both) | inner.map(opposite)


@given(st.recursive(st.sampled_from(LEAVES), joined, max_leaves=12))
def test_joined_terms_mean_what_logic_says(term: tuple[str, Test]) -> None:
    text, test = term
    chosen = filters.compile(text)

    assert [chosen(event) for event in EVENTS] == [test(event) for event in EVENTS]


@given(st.lists(st.sampled_from([text for text, _ in LEAVES]), min_size=3, max_size=3))
def test_and_binds_closer_than_or(leaves: list[str]) -> None:
    a, b, c = leaves

    assert shown(f"{a} or {b} and {c}") == shown(f"{a} or ({b} and {c})")
    assert shown(f"{a} {b} or {c}") == shown(f"({a} and {b}) or {c}")
    assert shown(f"not {a} {b}") == shown(f"(not {a}) and {b}")


def test_every_field_that_is_listed_works() -> None:
    values = {"n": "1", "turn": "1", "t": "1s", "bytes": "1", "latency": "1s", "type": "x", "rule": "x"}
    for name, listed in FIELDS.items():
        for value in listed or [values[name]]:
            filters.compile(f"{name}:{value}")


def test_the_facts_of_a_recording_are_found_by_entry() -> None:
    index = gather(read(transcript.entries(VOICE)), Linter([]))

    assert index[4].turn is None
    assert index[5].turn == 1
    assert index[16].turn == 2
    assert index[11] == Facts(turn=1, latency_ms=2.0), "response.created, 2 ms after the commit"
    assert index[13].latency_ms == pytest.approx(301), "its first audio"
    assert index[27].latency_ms == pytest.approx(252), "the tool's output, after the arguments"
    assert index[30].latency_ms == pytest.approx(2), "response.created, after response.create"


def test_the_facts_hold_what_was_refused_and_how_soon() -> None:
    text = """
        > {"type": "session.update", "session": {}, "event_id": "e1"}
        +30ms < {"type": "error", "error": {"event_id": "e1", "param": "session"}}
        > {"type": "session.update", "session": {}}
        +20ms < {"type": "session.updated", "session": {}}
        """
    index = gather(read(transcript.entries(text)), Linter([]))

    assert index[2].latency_ms == pytest.approx(30)
    assert index[4].latency_ms == pytest.approx(20)


SAVED = {
    "errors": "type:error or n:2",
    "both": "@errors not n:2",
    "found": "severity>=info",
    "wrong": "type:",
    "a": "@b",
    "b": "@a",
}


@pytest.mark.parametrize(
    ("text", "numbers"), [("@errors", [2, 4]), ("@both", [4]), ("not @errors n:1..4", [1, 3]), ('"@errors"', [])]
)
def test_a_saved_filter_stands_for_what_it_says_as_if_in_parentheses(text: str, numbers: list[int]) -> None:
    chosen = filters.compile(text, SAVED)
    assert chosen.text == text
    assert [event.n for event in EVENTS if chosen(event)] == numbers


def test_a_filter_needs_the_facts_that_its_saved_ones_need() -> None:
    assert filters.compile("n:1 or @found", SAVED).needs_facts
    assert not filters.compile("@errors", SAVED).needs_facts


@pytest.mark.parametrize(
    ("text", "saved", "position", "problem"),
    [
        ("n:1 @eror", SAVED, 4, "no filter is saved as 'eror'; did you mean '@errors'? (in quotes it is a text)"),
        ("@zz", {"x": "n:1", "y": "n:2"}, 0, "no filter is saved as 'zz'; there are @x, @y (in quotes it is a text)"),
        ("@zz", {}, 0, "no filter is saved as 'zz'; none is saved (in quotes it is a text)"),
        ("not (@wrong)", SAVED, 5, "in the saved filter 'wrong', 'type:': 'type' has no value"),
        (
            "@a",
            SAVED,
            0,
            "in the saved filter 'a', '@b': in the saved filter 'b', '@a': the saved filter 'a' is made of itself",
        ),
    ],
)
def test_what_is_wrong_with_a_saved_filter_is_said_where_it_is_named(
    text: str, saved: dict[str, str], position: int, problem: str
) -> None:
    with pytest.raises(FilterError) as error:
        filters.compile(text, saved)
    assert (error.value.position, error.value.problem) == (position, problem)
