"""What holds of every kind of session, for any client that means the same, and for any that does not."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from realtime_inspector.recording.entry import Entry
from realtime_inspector.replay.causes import build
from realtime_inspector.replay.options import Options
from realtime_inspector.replay.script import Script
from tests.replay.acting import PIECES_MS, Actor, appends, hasty, own_ids, renamed, said
from tests.replay.helpers import Live
from tests.replay.sessions import recorded, scripted, sessions

tokens = st.text("0123456789abcdef", min_size=12, max_size=12)
MAX = float("inf")
sessions_each = settings(max_examples=settings().max_examples * 5 // 8)
"""A session is dearer than another example: as much is looked at in less of them, also where more is asked for."""


def listens(kind: str) -> bool:
    """Tell whether voice detection is on in a kind of session: the microphone goes on whatever else is said."""
    return "vad" in kind or kind == "transcription"


def lanes_in_order(live: Live) -> bool:
    """Tell whether every lane was sent in its order."""
    lane_of = {
        step.event.body["event_id"]: (step.lane, step.index) for step in live.script.steps if step.lane != "close"
    }
    last: dict[str, int] = {}
    for body in live.got:
        lane, index = lane_of.get(body["event_id"], ("", 0))
        if lane and last.setdefault(lane, index) > index:
            return False
        last[lane] = index
    return True


@sessions_each
@given(session=sessions(), data=st.data())
def test_pieces_of_audio_ids_and_haste_change_nothing(
    session: tuple[str, tuple[str, ...]], data: st.DataObject
) -> None:
    script, entries = scripted(*session), recorded(*session)
    count = iter(range(10_000))
    prefix = data.draw(tokens)
    haste = Random(data.draw(st.integers(0, 99)))
    messages = said(script, entries)
    if data.draw(st.booleans()):
        messages = hasty(script, messages)
    actor = Actor(
        script,
        renamed(messages, lambda: f"new_{prefix}{next(count)}"),
        Options(speed=data.draw(st.sampled_from([MAX, 1.0, 7.0]))),
        data.draw(st.sampled_from(PIECES_MS)),
        listens(session[0]),
        lambda: haste.random() < 0.5,
    )
    live = actor.play()
    assert live.report(strict=True).met, live.report(strict=True).text()
    assert actor.is_done, actor.waiting
    assert lanes_in_order(live)
    told = b"".join(live.raw).decode()
    assert not [one for one in own_ids(messages) if f'"{one}"' in told]


def harmless(live: Live, *, listens: bool) -> Iterator[dict[str, Any]]:
    """Yield events that do no harm at this moment."""
    session = live.player.session
    yield {"type": "conversation.item.retrieve", "item_id": "nothing_of_that_name"}
    yield {"type": "conversation.item.truncate", "item_id": "gone", "content_index": 0, "audio_end_ms": 0}
    if session.active_response is None:
        yield {"type": "response.cancel"}
    if not session.input_audio.buffered_ms:
        yield {"type": "input_audio_buffer.clear"}
    for item in session.items.values():
        if not item.deleted:
            yield {"type": "conversation.item.retrieve", "item_id": item.id}
    for update in session.updates:
        if update.status == "accepted":
            yield {"type": "session.update", "session": update.session}


@sessions_each
@given(session=sessions(), data=st.data())
def test_harmless_events_anywhere_change_nothing(session: tuple[str, tuple[str, ...]], data: st.DataObject) -> None:
    script, entries = scripted(*session), recorded(*session)
    chance = Random(data.draw(st.integers(0, 999)))

    def before(live: Live) -> list[dict[str, Any]]:
        known = list(harmless(live, listens=listens(session[0])))
        return chance.sample(known, min(len(known), chance.choice([0, 0, 1, 2])))

    actor = Actor(script, said(script, entries), is_listened_to=listens(session[0]), before=before)
    live = actor.play()
    assert live.report(strict=True).met, live.report(strict=True).text()
    assert actor.is_done, actor.waiting
    assert lanes_in_order(live)


def shuffled(script: Script, entries: Sequence[Entry], chance: Random) -> list[Entry]:
    """Return a recording in which events of different lanes overtake each other, between two messages of the client."""
    lanes = {step.event.n: step.lane for step in script.steps}
    found: list[Entry] = []
    run: dict[str, list[Entry]] = {}
    for entry in [*entries, None]:
        if entry is not None and entry.n in lanes:
            run.setdefault(lanes[entry.n], []).append(entry)
            continue
        order = [lane for lane, several in run.items() for _ in several]
        chance.shuffle(order)
        found += [run[lane].pop(0) for lane in order]
        run.clear()
        found += [entry] if entry is not None else []
    return [replace(e, n=n, line=n, t=old.t) for n, (e, old) in enumerate(zip(found, entries, strict=True), 1)]


@sessions_each
@given(session=sessions(), seed=st.integers(0, 9999), hurry=st.booleans())
def test_a_recording_in_which_lanes_overtook_each_other_is_played_too(
    session: tuple[str, tuple[str, ...]], seed: int, hurry: bool
) -> None:
    entries = shuffled(scripted(*session), recorded(*session), Random(seed))
    script = build(entries, name="call.jsonl")
    messages = said(script, entries)
    actor = Actor(script, hasty(script, messages) if hurry else messages, is_listened_to=listens(session[0]))
    live = actor.play()
    assert live.report(strict=True).met, live.report(strict=True).text()
    assert actor.is_done, actor.waiting
    assert lanes_in_order(live)


# what is not the same


def places(value: Any, path: str = "") -> Iterator[tuple[str, list[str | int]]]:
    """Yield the path of every value in a body, as a report names it and as a list of steps."""
    inner: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for step, part in inner:
        shown = f"{path}[{step}]" if isinstance(step, int) else f"{path}.{step}" if path else step
        yield shown, [step]
        for deeper, steps in places(part, shown):
            yield deeper, [step, *steps]


MEANINGLESS = re.compile(
    r"^(type|event_id|audio_end_ms|item\.id|previous_item_id|response\.input\[\d+\]\.id)$|client_event_id"
)


def other(value: Any) -> Any:
    """Return a value that means something else."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return f"{value} (changed)"
    if isinstance(value, int | float):
        return value + 1
    return "something else" if value is None else None


def changed(body: dict[str, Any], steps: list[str | int], how: str) -> dict[str, Any]:
    """Return a body with one value changed, left out, or with another beside it."""
    result = copy.deepcopy(body)
    part: Any = result
    for step in steps[:-1]:
        part = part[step]
    if how == "change":
        part[steps[-1]] = other(part[steps[-1]])
    elif how == "omit":
        del part[steps[-1]]
    elif isinstance(part, dict):
        part[f"new_{steps[-1]}"] = "more"
    else:
        part.append(copy.deepcopy(part[-1]))
    return result


@sessions_each
@given(session=sessions(), data=st.data())
def test_a_changed_field_is_named(session: tuple[str, tuple[str, ...]], data: st.DataObject) -> None:
    script, entries = scripted(*session), recorded(*session)
    messages = said(script, entries)
    number = data.draw(st.sampled_from([n for n, one in enumerate(messages) if one.body]))
    one = messages[number]
    found = [(shown, steps) for shown, steps in places(one.body) if not MEANINGLESS.search(shown)]
    assume(found)
    shown, steps = data.draw(st.sampled_from(found))
    how = data.draw(st.sampled_from(["change", "omit", "add"]))
    different = changed(one.body, steps, how)
    messages[number] = replace(one, body=different)
    live = Actor(script, messages, is_listened_to=listens(session[0])).play()
    report = live.report(strict=True)
    assert not report.met, f"{one.body} became {different}"
    name = next(step for step in reversed(steps) if isinstance(step, str))
    assert name in report.text(), f"{how} {shown}: {different}\n{report.text()}"


@sessions_each
@given(session=sessions(), data=st.data())
def test_a_left_out_event_is_named(session: tuple[str, tuple[str, ...]], data: st.DataObject) -> None:
    script, entries = scripted(*session), recorded(*session)
    messages = said(script, entries)
    number = data.draw(st.sampled_from([n for n, one in enumerate(messages) if one.body]))
    gone = messages.pop(number)
    same = [e for e in script.expected if e.event.entry.payload == orjson.dumps(gone.body)]
    live = Actor(script, messages, is_listened_to=listens(session[0])).play()
    report = live.report(strict=True)
    assert not report.met
    assert any(str(expected) in report.text() for expected in same), report.text()


@sessions_each
@given(session=sessions(), data=st.data())
def test_whatever_comes_before_what_it_needs_is_named_with_that(
    session: tuple[str, tuple[str, ...]], data: st.DataObject
) -> None:
    script, entries = scripted(*session), recorded(*session)
    needs = [(late.index, cause) for late in script.expected if not late.refused for cause in late.needs]
    assume(needs)
    late, cause = data.draw(st.sampled_from(needs))
    messages = said(script, entries)
    at = [n for n, one in enumerate(messages) if one.body]
    early = messages.pop(at[late])
    assume(all(early.body != other.body for other in messages))
    messages.insert(at[cause], replace(early, heard=frozenset()))
    live = Actor(script, messages, is_listened_to=listens(session[0])).play()
    report = live.report()
    assert not report.met
    assert str(script.expected[cause]) in report.text() or early.body["type"] in report.text(), report.text()


# what the user says


SPOKEN = ("vad without answers", ("talk_only",))


def test_an_answer_asked_for_before_the_user_has_spoken_is_named() -> None:
    update, _, ask = said(scripted(*SPOKEN), recorded(*SPOKEN))
    live = Live(scripted(*SPOKEN))
    live.send(update.body, ask.body)
    (found,) = live.report().mismatches
    assert "came before the input_audio_buffer.speech_started of line 8, which it followed" in found.message
    assert "probably: a client that asks before the user has spoken" in found.text()


def test_an_answer_waits_for_the_rest_of_what_the_user_says() -> None:
    update, voice, ask = said(scripted(*SPOKEN), recorded(*SPOKEN))
    live = Live(scripted(*SPOKEN))
    live.send(update.body, *appends(voice.audio[:30_000], 20), ask.body)
    assert live.types[-1] == "input_audio_buffer.speech_started"
    live.send(*appends(voice.audio[30_000:], 20))
    assert live.types[-1] == "rate_limits.updated"
    assert live.report(strict=True).met


@pytest.mark.parametrize("goes", [True, False])
def test_too_little_audio_for_an_answer_is_told(goes: bool) -> None:
    update, voice, ask = said(scripted(*SPOKEN), recorded(*SPOKEN))
    live = Live(scripted(*SPOKEN))
    live.send(update.body, *appends(voice.audio[:30_000], 20), ask.body)
    if goes:
        live.player.left(live.now, 1000)
    else:
        live.wait(3)
    (found,) = live.report().mismatches
    assert "too little audio for the input_audio_buffer.speech_stopped of line " in found.message
    assert "625 of 900 ms of audio came; the response.created" in found.message


def test_a_client_that_speaks_less_and_ends_has_met_it_in_part() -> None:
    script, entries = scripted("server vad", ("talk_and_call",)), recorded("server vad", ("talk_and_call",))
    update, voice = said(script, entries)
    live = Live(script)
    live.send(update.body, *appends(voice.audio[:30_000], 20))
    report = live.report()
    assert report.met
    assert not report.to_json()["complete"]
    assert "met in part, up to missing audio for input_audio_buffer.speech_stopped (line " in report.text()
    assert not live.report(strict=True).met
