"""Calls as spans: which there are, when, with what, and that nothing of it depends on when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.analysis.lint import Linter, events, lint
from realtime_inspector.analysis.rule import all_rules
from realtime_inspector.errors import UsageError
from realtime_inspector.protocol.event import read
from realtime_inspector.recording import files
from realtime_inspector.traces import names, tracer
from realtime_inspector.traces.span import Context, Span
from realtime_inspector.traces.tracer import IDLE_S, SETTLE_S, Tracer
from tests.pages import ROOT
from tests.traces import calls

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"
OURS = names.OUR


def named(spans: Iterable[Span], name: str, turn: int | None = None) -> Span:
    (found,) = (span for span in spans if span.name == name and turn in {None, span.attributes.get(names.TURN)})
    return found


def at(t: float) -> int:
    return tracer.clock_of(calls.HEADER).ns(t)


def tree(spans: Iterable[Span]) -> list[tuple[str, list[str]]]:
    """Return the roots and what is under each."""
    every = list(spans)
    roots = [span for span in every if span.parent is None or span.parent.remote]
    return [(root.name, [span.name for span in every if span.parent == root.context]) for root in roots]


def test_a_turn_is_a_trace_with_speech_answers_and_tools_beside_each_other() -> None:
    spans = calls.spans()
    model = "realtime_inference gpt-realtime-2.1"
    assert tree(spans) == [("turn", ["user_speech", model, "execute_tool look", model]), ("turn", [model])]
    assert len({span.context.trace_id for span in spans}) == 2
    assert len({span.context.span_id for span in spans}) == len(spans)


def test_times_are_those_of_the_wire() -> None:
    spans = calls.spans()
    speech, tool = named(spans, "user_speech"), named(spans, "execute_tool look")
    assert (speech.start_ns, speech.end_ns) == (at(0.123), at(0.723))
    assert tool.end_ns - tool.start_ns == 301_000_000
    first, second = (span for span in spans if span.attributes.get(names.RESPONSE_ID) in {"r1", "r2"})
    assert [moment.name for moment in second.moments] == ["first_output", "first_audio"]
    assert second.moments[1].at_ns - second.start_ns == 201_000_000
    root = named(spans, "turn", 1)
    assert (root.start_ns, root.end_ns) == (speech.start_ns, second.end_ns)
    assert first.end_ns < tool.end_ns < second.start_ns


def test_a_turn_says_how_long_the_user_waited() -> None:
    told = named(calls.spans(), "turn", 1).attributes
    assert (told[names.KIND], told[names.OPERATION], told[names.SESSION]) == ("AGENT", "invoke_agent", "sess_1")
    assert told[names.CONVERSATION] == "conv_1"
    assert told[OURS + "speech_stop_to_audio_ms"] == 660.0
    assert told[OURS + "dead_air_ms"] == 760.0
    assert (told[OURS + "connect_ms"], told[OURS + "voice"]) == (21.0, "marin")
    assert told[names.TAG + "stage"] == "test"
    assert '"speech_stop_to_audio_ms":660.0' in str(told[names.METADATA])


def test_an_answer_says_its_tokens_by_modality_and_why_it_ended() -> None:
    told = next(span for span in calls.spans() if span.attributes.get(names.RESPONSE_ID) == "r1").attributes
    usage = {name.removeprefix("gen_ai.usage."): value for name, value in told.items() if "gen_ai.usage" in name}
    assert usage == {
        "input_tokens": 50, "output_tokens": 10, "cache_read.input_tokens": 16, "text.input_tokens": 20,
        "audio.input_tokens": 30, "text.output_tokens": 10, "audio.output_tokens": 0,
        "text.cache_read.input_tokens": 6, "audio.cache_read.input_tokens": 10,
    }  # fmt: skip
    assert told[names.FINISH_REASONS] == ("tool_call",)
    assert (told[names.REQUEST_MODEL], told[names.PROVIDER]) == ("gpt-realtime-2.1", "openai")
    assert (told[names.SERVER_ADDRESS], told[names.SERVER_PORT]) == ("api.openai.com", 443)
    assert isinstance(told[names.COST], float)


def test_an_answer_that_failed_marks_its_turn() -> None:
    spans = calls.spans()
    answer = next(span for span in spans if span.attributes.get(names.RESPONSE_ID) == "r3")
    assert (answer.error, answer.attributes[names.ERROR_TYPE]) == ("rate_limit_exceeded", "rate_limit_exceeded")
    assert answer.attributes[names.FINISH_REASONS] == ("error",)
    assert named(spans, "turn", 2).error == "RAT002 exhausted"


def test_what_was_said_is_told_only_to_those_who_ask() -> None:
    said = ["What is said here?", "All words of the answer", "Bergen", "cloudless", "Typed words", "secret plan"]
    plain, full = repr(calls.spans()), repr(calls.spans(with_content=True))
    assert [words for words in [*said, "secret reason"] if words in plain] == []
    assert [words for words in said if words not in full] == []
    root = named(calls.spans(with_content=True), "turn", 1)
    assert root.attributes[names.INPUT] == "What is said here?"
    assert root.attributes[names.OUTPUT] == "All words of the answer"


def test_a_finding_is_a_moment_of_the_span_that_it_is_about() -> None:
    whole = calls.text(calls.BEGIN, calls.SPOKEN, calls.END)
    broken = whole.replace('"function_call_output", "call_id": "c1", "output"', '"function_call_output", "output"')
    spans = calls.spans(broken)
    tool, root = named(spans, "execute_tool look"), named(spans, "turn")
    moment = next(moment for moment in tool.moments if "TOOL003" in moment.name)
    assert moment.name == "finding TOOL003 missing-call-id"
    told = {name.removeprefix(names.FINDING): value for name, value in moment.attributes.items()}
    assert (told["severity"], told["rule"], "message" in told) == ("error", "TOOL003", False)
    assert told["about"]
    assert told["fix"]
    assert "TOOL003 missing-call-id" in root.error
    assert "TOOL003" in root.attributes[names.TAGS]  # type: ignore[operator]
    with_words = named(calls.spans(broken, with_content=True), "execute_tool look")
    assert any("call_id" in str(each.attributes.get(names.FINDING + "message")) for each in with_words.moments)


def test_turns_are_linked_in_their_order() -> None:
    spans = calls.spans()
    first, second = named(spans, "turn", 1), named(spans, "turn", 2)
    assert [(link.to, link.why) for link in second.links] == [(first.context, "previous_turn")]
    assert first.links == ()


def test_a_traceparent_of_the_client_is_joined() -> None:
    call = calls.text(calls.BEGIN, calls.SPOKEN, calls.END, headers=f'{{"Traceparent": "{PARENT}1"}}')
    spans = calls.spans(call)
    assert {span.context.trace_id for span in spans} == {0x0AF7651916CD43DD8448EB211C80319C}
    above = named(spans, "turn").parent
    assert above == Context(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331, remote=True)


def test_one_that_is_not_sampled_is_linked_for_its_trace_is_nowhere() -> None:
    call = calls.text(calls.BEGIN, calls.SPOKEN, calls.END, headers=f'{{"traceparent": "{PARENT}0"}}')
    root = named(calls.spans(call), "turn")
    assert (root.parent, [link.why for link in root.links]) == (None, ["traceparent"])


def test_a_client_that_commits_by_itself_spoke_from_its_first_audio_to_the_commit() -> None:
    call = calls.text(calls.BEGIN, """
        +1s > {"type": "input_audio_buffer.append", "audio": "<200ms>"}
        +200ms > {"type": "input_audio_buffer.append", "audio": "<200ms>"}
        +200ms > {"type": "input_audio_buffer.commit"}
        < {"type": "input_audio_buffer.committed", "item_id": "u1"}
        > {"type": "response.create"}
        < {"type": "response.created", "response": {"id": "r1"}}
        < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
    """, calls.END)  # fmt: skip
    speech = named(calls.spans(call), "user_speech")
    assert (speech.end_ns - speech.start_ns, speech.attributes[OURS + "ended_by"]) == (400_000_000, "client")


def test_an_answer_outside_of_the_conversation_is_in_the_turn_of_its_time() -> None:
    aside = """
        > {"type": "response.create", "response": {"conversation": "none"}}
        < {"type": "response.created", "response": {"id": "r9", "conversation_id": null}}
        < {"type": "response.done", "response": {"id": "r9", "status": "completed"}}
    """
    spans = calls.spans(calls.text(calls.BEGIN, calls.SPOKEN, aside, calls.END))
    answer = next(span for span in spans if span.attributes.get(names.RESPONSE_ID) == "r9")
    assert answer.parent == named(spans, "turn", 1).context
    assert answer.attributes[OURS + "out_of_band"] is True


def test_a_call_that_was_refused_is_a_trace_too() -> None:
    refused = '> GET /v1/realtime?model=m {}\n+30ms < 401 {"error": {"code": "invalid_api_key"}}\nx'
    (span,) = calls.spans(refused)
    assert (span.name, span.attributes[names.STATUS_CODE], span.attributes[names.ERROR_TYPE]) == ("connect", 401, "401")
    assert span.end_ns > span.start_ns


def test_an_answer_that_never_ends_ends_with_the_recording() -> None:
    cut = calls.text(calls.BEGIN, calls.SPOKEN).splitlines()[:-1]
    spans = calls.spans("\n".join(cut))
    answer = next(span for span in spans if span.attributes.get(names.RESPONSE_ID) == "r2")
    assert answer.error == "cut_off"
    assert answer.attributes[names.FINISH_REASONS] == ("error",)


def test_a_log_without_a_day_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing says on which day it was"):
        calls.spans(header=replace(calls.HEADER, started="", tags={}))
    with pytest.raises(UsageError, match="nothing says on which day it was"):
        calls.spans(header=replace(calls.HEADER, tags={"date": "unknown"}))


def test_a_turn_is_done_when_the_next_one_has_settled_or_nothing_comes() -> None:
    follower = Tracer(calls.HEADER, Linter(header=calls.HEADER))
    typed_t = 0.0
    for event in events(calls.entries()[:-2]):
        if event.type == "wire.end":
            break
        follower.feed(event)
        typed_t = event.t
    assert follower.take(typed_t) == []
    assert tree(follower.take(typed_t + SETTLE_S))[0][0] == "turn"
    assert follower.take(typed_t + SETTLE_S + 1) == []
    assert next(span.name for span in follower.take(typed_t + IDLE_S)) == "turn"
    assert follower.finish() == []


RULES = [rule for rule in all_rules() if rule.id.startswith(("RSP", "RAT"))]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0, 60)), max_size=12))
def test_whenever_it_is_asked_each_span_comes_once_and_none_is_missing(steps: list[tuple[int, float]]) -> None:
    follower = Tracer(calls.HEADER, Linter(RULES, header=calls.HEADER))
    waiting = list(events(calls.entries()))
    found: list[Span] = []
    for count, late_s in steps:
        for event in waiting[:count]:
            follower.feed(event)
        del waiting[:count]
        found += follower.take(follower.session.now + late_s)
    for event in waiting:
        follower.feed(event)
    found += follower.finish()
    ids = [span.context.span_id for span in found]
    assert len(set(ids)) == len(ids)
    whole = {span.context.span_id: span.name for span in calls.spans()}
    assert {span.context.span_id: span.name for span in found if "finding" not in span.name} == whole


@pytest.mark.parametrize("late_s", [0.0, SETTLE_S + 1, IDLE_S + 1])
def test_no_finding_is_lost_whenever_its_turn_was_given_out(late_s: float) -> None:
    recording = files.open_recording(ROOT / "recordings/missing-call-id.jsonl")
    follower = Tracer(recording.header, Linter(header=recording.header))
    found: list[Span] = []
    for event in events(recording):
        follower.feed(event)
        found += follower.take(event.t + late_s)
    found += follower.finish()
    told = [moment.attributes[names.FINDING + "rule"] for span in found for moment in span.moments
            if moment.name.startswith("finding ")]  # fmt: skip
    assert sorted(map(str, told)) == sorted(each.rule for each in lint(recording, header=recording.header)) != []


def test_a_finding_about_what_was_given_out_is_a_span_of_its_own() -> None:
    hanging = calls.text(calls.BEGIN, calls.SPOKEN) + "\n+40s ."
    follower = Tracer(calls.HEADER, Linter(header=calls.HEADER))
    for entry in calls.entries(hanging):
        follower.feed(read(entry))
    root = follower.take(follower.session.now + IDLE_S + 1)[0]
    rest = calls.entries(hanging + '\n> {"type": "conversation.item.create", "item": {"type": "function_call_output", '
                         '"call_id": "nobody", "output": "1"}}\nx 1006')[-2:]  # fmt: skip
    for entry in rest:
        follower.feed(read(entry))
    late = follower.finish()
    assert late
    assert {span.parent for span in late} == {root.context}
    assert all(span.name.startswith("finding ") for span in late)
