"""What holds for any client that means the same, and for any that does not."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.protocol.realtime.catalogue import GA_CLIENT_TYPES
from realtime_inspector.replay.script import Script
from tests.replay.helpers import OPEN, SPEECH, TEXT, TOOLS, Live, client_messages, script, silence

ASIDE = """
    > {"type": "response.create", "response": {"conversation": "none", "input": [], "metadata": {"topic": "a"}}}
    < {"type": "response.created", "response": {"id": "resp_x", "conversation_id": null, "metadata": {"topic": "a"}}}
    < {"type": "response.output_text.delta", "response_id": "resp_x", "item_id": "item_x", "delta": "o"}
    < {"type": "response.done", "response": {"id": "resp_x", "status": "completed", "metadata": {"topic": "a"}}}
    > {"type": "response.create", "response": {"conversation": "none", "input": [], "metadata": {"topic": "b"}}}
    < {"type": "response.created", "response": {"id": "resp_y", "conversation_id": null, "metadata": {"topic": "b"}}}
    < {"type": "response.done", "response": {"id": "resp_y", "status": "completed", "metadata": {"topic": "b"}}}
"""
MIXED = SPEECH + ASIDE
"""Speech that voice detection answers, and responses outside the conversation: nothing of one rests on the other."""

tokens = st.text("0123456789abcdef", min_size=8, max_size=8)


@st.composite
def merged(draw: st.DrawFn, *streams: list[Any]) -> list[Any]:
    """Draw a merge of several streams, each in its own order."""
    order = draw(st.permutations([number for number, stream in enumerate(streams) for _ in stream]))
    rest = [iter(stream) for stream in streams]
    return [next(rest[number]) for number in order]


@st.composite
def chunks(draw: st.DrawFn, total_ms: int) -> list[dict[str, Any]]:
    """Draw audio of a duration, cut anywhere."""
    cuts = draw(st.lists(st.integers(1, total_ms - 1), max_size=8, unique=True).map(sorted))
    edges = [0, *cuts, total_ms]
    return [silence(end - start) for start, end in itertools.pairwise(edges)]


def lanes_in_order(played: Script, live: Live) -> bool:
    """Tell whether every lane was sent in its order, as far as it was sent."""
    places = {id_of(body): at for at, body in enumerate(live.got)}
    for lane in {step.lane for step in played.steps}:
        sent = [places.get(id_of(step.event.body)) for step in played.steps if step.lane == lane]
        known = [place for place in sent if place is not None]
        if known != sorted(known) or None in sent[: len(known)]:
            return False
    return True


def id_of(body: Any) -> str:
    """Return what tells one event of these recordings from the others."""
    subject = body.get("response_id") or (body.get("response") or {}).get("id") or body.get("item_id")
    return f"{body['type']} {subject or (body.get('item') or {}).get('id')}"


@given(data=st.data())
def test_independent_lanes_may_come_in_any_order_and_audio_in_any_pieces(data: st.DataObject) -> None:
    played = script(MIXED)
    update, *rest = [message for message in client_messages(MIXED) if message["type"] != "input_audio_buffer.append"]
    aside = [message for message in rest if message["type"] == "response.create"]
    live = Live(played)
    live.send(update)
    live.send(*data.draw(merged(data.draw(chunks(3000)), aside)))
    assert live.report().met
    assert lanes_in_order(played, live)
    left = {step.type for step in live.player.never_asked_for}
    assert left == {"conversation.item.truncated", "conversation.item.retrieved"}


def harmless(live: Live) -> Iterator[dict[str, Any]]:
    """Yield events that a client may send at any time without harm."""
    yield {"type": "response.cancel"}
    yield {"type": "input_audio_buffer.clear"}
    yield {"type": "output_audio_buffer.clear"}
    yield {"type": "conversation.item.retrieve", "item_id": "nothing_of_that_name"}
    for item_id in live.player.session.items:
        yield {"type": "conversation.item.retrieve", "item_id": item_id}
    yield from ({"type": "session.update", "session": update.session} for update in live.player.session.updates)


@given(data=st.data())
def test_other_ids_and_harmless_events_anywhere_change_nothing(data: st.DataObject) -> None:
    live = Live(script(TOOLS))
    names: dict[str, str] = {}
    for message in client_messages(TOOLS):
        for extra in data.draw(st.lists(st.sampled_from(list(harmless(live))), max_size=2)):
            live.send(extra)
        changed = copy.deepcopy(message)
        changed["event_id"] = data.draw(tokens)
        if changed["type"] == "conversation.item.create":
            mine = data.draw(tokens | st.none())
            names[message["item"].get("id", "")] = mine or message["item"].get("id", "")
            changed["item"]["id"] = mine
        if changed.get("response", {}).get("metadata"):
            changed["response"]["metadata"] = {"client_event_id": f"rc_{data.draw(tokens)}"}
        live.send(changed)
    assert live.report(strict=True).met, live.report().text()
    shown = [e["item"]["id"] for e in live.got if e["type"] == "conversation.item.added" and "cli" in str(e)]
    assert not shown or names["cli_2"] == "cli_2"


@given(swap=st.booleans(), data=st.data())
@settings(max_examples=20, deadline=None)
def test_the_outputs_of_parallel_calls_may_change_places(swap: bool, data: st.DataObject) -> None:
    messages = client_messages(TOOLS)
    first, second = 5, 6
    if swap:
        messages[first], messages[second] = messages[second], messages[first]
    live = Live(script(TOOLS))
    live.send(*messages)
    assert live.report(strict=True).met


# what is not the same


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, list[str | int]]]:
    """Yield the path of every string in a body, as a report names it and as a list of steps."""
    if isinstance(value, dict):
        for name, inner in value.items():
            for shown, steps in leaves(inner, f"{path}.{name}" if path else name):
                yield shown, [name, *steps]
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            for shown, steps in leaves(inner, f"{path}[{at}]"):
                yield shown, [at, *steps]
    elif isinstance(value, str):
        yield path, []


MEANINGFUL = [
    (number, shown, steps)
    for number, message in enumerate(client_messages(TOOLS))
    for shown, steps in leaves(message)
    if shown not in {"type", "event_id", "item.id", "item.call_id"} and "metadata" not in shown
]


@pytest.mark.parametrize(("number", "shown", "steps"), MEANINGFUL, ids=[f"{n}-{shown}" for n, shown, _ in MEANINGFUL])
def test_a_changed_field_that_means_something_is_named(number: int, shown: str, steps: list[Any]) -> None:
    messages = client_messages(TOOLS)
    part: Any = messages[number]
    for step in steps[:-1]:
        part = part[step]
    part[steps[-1]] += " (changed)"
    live = Live(script(TOOLS))
    live.send(*messages)
    found = live.report().mismatches[0]
    assert found.place == number + 1
    assert shown in [difference.path for difference in found.differences]


@pytest.mark.parametrize("number", range(len(client_messages(TOOLS))))
def test_a_left_out_event_that_something_rests_on_is_named(number: int) -> None:
    played = script(TOOLS)
    messages = client_messages(TOOLS)
    live = Live(played)
    live.send(*messages[:number], *messages[number + 1 :])
    live.wait(3)
    report = live.report(strict=True)
    assert not report.met
    assert str(played.expected[number]) in report.text()
    if number < len(messages) - 1:
        assert not live.report().met, "strict is for what is left at the end"


NEEDS = [(expected.index, cause) for expected in script(TOOLS).expected for cause in expected.needs]


@pytest.mark.parametrize(("late", "cause"), NEEDS)
def test_whatever_comes_before_what_it_needs_is_named_with_that(late: int, cause: int) -> None:
    played, messages = script(TOOLS), client_messages(TOOLS)
    live = Live(played)
    live.send(*messages[:cause], *messages[cause + 1 : late + 1])
    live.wait(3)
    report = live.report(strict=True)
    assert not report.met
    assert str(played.expected[cause]) in report.text()


def test_every_turn_of_the_conversation_rests_on_another_event() -> None:
    assert len(NEEDS) >= len(client_messages(TOOLS)) - 2


@pytest.mark.parametrize(("one", "other"), [(1, 2), (3, 4), (6, 7)])
def test_an_item_behind_the_response_that_needs_it_is_a_mismatch(one: int, other: int) -> None:
    messages = client_messages(TOOLS)
    messages[one], messages[other] = messages[other], messages[one]
    live = Live(script(TOOLS))
    live.send(*messages)
    assert not live.report().met


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
bodies = st.fixed_dictionaries(
    {"type": st.sampled_from(sorted(GA_CLIENT_TYPES))},
    optional=dict.fromkeys(("item", "session", "response", "item_id", "audio", "audio_end_ms"), json_values),
)


@given(messages=st.lists(bodies | st.binary(max_size=40), max_size=4))
@settings(deadline=None)
def test_nothing_that_a_client_sends_raises(messages: list[Any]) -> None:
    live = Live(script(SPEECH))
    live.send(*messages)
    live.report().text()
    live.report().to_json()


@given(text=st.sampled_from([OPEN, TEXT, TOOLS, SPEECH, MIXED]), data=st.data())
def test_any_part_of_a_recording_makes_a_script_without_a_circle(text: str, data: st.DataObject) -> None:
    from realtime_inspector.recording import transcript
    from realtime_inspector.replay.causes import build

    entries = data.draw(st.lists(st.sampled_from(transcript.entries(text)), unique_by=lambda e: e.n).map(sorted_by_n))
    played = build(entries)
    for step in played.steps:
        assert all(before < step.index for before in step.after)
        assert all(played.expected[cause].event.n < step.event.n for cause in step.causes)


def sorted_by_n(entries: list[Any]) -> list[Any]:
    """Return entries in the order of the wire."""
    return sorted(entries, key=lambda entry: entry.n)
