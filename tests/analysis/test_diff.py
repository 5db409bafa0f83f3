"""Two sessions compared: what counts, what does not, and where it is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_inspector.analysis.diff import Comparison, Options, compare
from realtime_inspector.analysis.differences.alignment import align, word_diff
from realtime_inspector.analysis.differences.difference import NOTHING, Aspect
from realtime_inspector.analysis.differences.figures import Tolerance
from realtime_inspector.analysis.differences.told import tell
from realtime_inspector.recording import transcript

OPEN = """
    > GET /v1/realtime?model=gpt-realtime {"upgrade": "websocket"}
    < 101
    < {"type": "session.created", "session": {"id": "sess_1", "expires_at": 1764000000, "model": "gpt-realtime"}}
    > {"type": "session.update", "session": {"type": "realtime", "instructions": "Be very brief today."}}
    < {"type": "session.updated", "session": {"id": "sess_1", "expires_at": 1764000000, "model": "gpt-realtime", "instructions": "Be very brief today.", "tools": [{"type": "function", "name": "sky"}, {"type": "function", "name": "sea"}]}}
"""  # noqa: E501
END = "x> 1000\nx"


def turn(number: int, asked: str, answered: str, wait_ms: int = 100, usage: int = 10) -> str:
    """Return the transcript of one written turn."""
    r, u, a = f"resp_{number}", f"item_u{number}", f"item_a{number}"
    return f"""
    > {{"type": "conversation.item.create", "item": {{"id": "{u}", "type": "message", "role": "user", "content": [{{"type": "input_text", "text": "{asked}"}}]}}}}
    < {{"type": "conversation.item.added", "item": {{"id": "{u}", "type": "message", "role": "user", "content": [{{"type": "input_text", "text": "{asked}"}}]}}}}
    > {{"type": "response.create"}}
    < {{"type": "response.created", "response": {{"id": "{r}", "status": "in_progress"}}}}
    < {{"type": "response.output_item.added", "response_id": "{r}", "output_index": 0, "item": {{"id": "{a}", "type": "message", "role": "assistant"}}}}
    +{wait_ms}ms < {{"type": "response.output_text.delta", "response_id": "{r}", "item_id": "{a}", "output_index": 0, "content_index": 0, "delta": "{answered}"}}
    < {{"type": "response.output_text.done", "response_id": "{r}", "item_id": "{a}", "output_index": 0, "content_index": 0, "text": "{answered}"}}
    < {{"type": "response.done", "response": {{"id": "{r}", "status": "completed", "output": [{{"id": "{a}", "type": "message", "role": "assistant"}}], "usage": {{"total_tokens": {usage}, "input_tokens": {usage}, "output_tokens": 0, "input_token_details": {{"text_tokens": {usage}}}}}}}}}
    """  # noqa: E501


CALL = """
    > {"type": "conversation.item.create", "item": {"id": "item_u9", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "How is it outside?"}]}}
    < {"type": "conversation.item.added", "item": {"id": "item_u9", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "How is it outside?"}]}}
    > {"type": "response.create"}
    < {"type": "response.created", "response": {"id": "resp_9", "status": "in_progress"}}
    < {"type": "response.output_item.added", "response_id": "resp_9", "output_index": 0, "item": {"id": "item_f9", "type": "function_call", "call_id": "call_9", "name": "sky"}}
    < {"type": "response.output_item.done", "response_id": "resp_9", "output_index": 0, "item": {"id": "item_f9", "type": "function_call", "call_id": "call_9", "name": "sky", "arguments": "{\\"city\\":\\"Oslo\\",\\"days\\":[1,2]}", "status": "completed"}}
    < {"type": "response.output_item.done", "response_id": "resp_9", "output_index": 1, "item": {"id": "item_g9", "type": "function_call", "call_id": "call_g", "name": "sea", "arguments": "{}", "status": "completed"}}
    < {"type": "response.done", "response": {"id": "resp_9", "status": "completed", "output": []}}
    > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "call_9", "output": "{\\"sky\\":\\"clear\\"}"}}
    < {"type": "conversation.item.added", "item": {"id": "item_o9", "type": "function_call_output", "call_id": "call_9"}}
"""  # noqa: E501
WHOLE = OPEN + turn(1, "Hello there", "Good day to you") + CALL + turn(2, "Thank you", "You are welcome") + END


def compared(a: str, b: str, **options: Any) -> Comparison:
    """Compare two transcripts."""
    one, other = tell(transcript.entries(a)), tell(transcript.entries(b))
    return compare(one, other, Options(**options))


def found(a: str, b: str, **options: Any) -> list[tuple[str, str, Any, Any]]:
    """Return the differences of two transcripts."""
    return [(d.aspect.value, d.what, d.a, d.b) for d in compared(a, b, **options).differences]


@given(token=st.text("0123456789abcdef", min_size=12, max_size=12), slower=st.integers(0, 900))
@settings(max_examples=25, deadline=None)
def test_other_ids_other_times_and_another_order_of_keys_are_no_difference(token: str, slower: int) -> None:
    changed = WHOLE.replace("+100ms", f"+{100 + slower}ms").replace("1764000000", "1764999999")
    for place, name in enumerate(sorted(set(re.findall(r'"((?:item|resp|call|sess)_(?!id)\w{1,3})"', WHOLE)))):
        changed = changed.replace(f'"{name}"', f'"{name.partition("_")[0]}_{token}{place}"')
    changed = changed.replace(
        '{\\"city\\":\\"Oslo\\",\\"days\\":[1,2]}', '{ \\"days\\": [1, 2], \\"city\\": \\"Oslo\\" }'
    )
    assert found(WHOLE, changed) == []
    assert found(changed, WHOLE) == []


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        (
            "Be very brief today.",
            "Be rude.",
            ("configuration", "session.instructions", "Be very brief today.", "Be rude."),
        ),
        ("Good day to you", "Good day", ("text", "assistant", "Good day to you", "Good day")),
        ("Hello there", "Hello you", ("text", "user", "Hello there", "Hello you")),
        ('\\"Oslo\\"', '\\"Rome\\"', ("tools", "sky.arguments.city", "Oslo", "Rome")),
        ("[1,2]", "[1]", ("tools", "sky.arguments.days[1]", 2, NOTHING)),
        ("clear", "grey", ("tools", "sky.output.sky", "clear", "grey")),
        ("x> 1000", "x> 1001", ("end", "end", "closed 1000", "closed 1001")),
    ],
)
def test_each_thing_that_means_something_is_a_difference_by_itself(old: str, new: str, difference: Any) -> None:
    assert found(WHOLE, WHOLE.replace(old, new)) == [difference]
    assert found(WHOLE, WHOLE.replace(old, new), ignore=frozenset({Aspect(difference[0])})) == []


def test_a_path_that_is_ignored_takes_what_is_beneath_it_along() -> None:
    other = WHOLE.replace('\\"Oslo\\"', '\\"Rome\\"').replace("[1,2]", "[3]")
    assert found(WHOLE, other, paths=("sky.arguments",)) == []
    assert len(found(WHOLE, other, paths=("sky.arguments.days",))) == 1
    assert len(found(WHOLE, other, paths=("sky.arg",))) == 3


def test_a_turn_that_one_has_alone_leaves_the_others_in_their_places() -> None:
    less = OPEN + turn(1, "Hello there", "Good day to you") + turn(2, "Thank you", "You are welcome") + END
    (only,) = compared(WHOLE, less).differences
    assert (only.aspect, only.a["text"], only.b) == (Aspect.TURNS, "How is it outside?", NOTHING)
    assert (only.place.turn_a, only.place.turn_b) == (2, None)
    assert [(a.number if a else None, b.number if b else None) for a, b in compared(WHOLE, less).pairs] == [
        (1, 1), (2, None), (3, 2)
    ]  # fmt: skip


def test_a_turn_that_stands_elsewhere_is_another_order_and_nothing_else() -> None:
    first, last = turn(1, "Hello there", "Good day to you"), turn(2, "Thank you so very much", "You are welcome")
    middle = turn(3, "Tell me of the sea and of the wind", "It is wide, and it is cold")
    (moved,) = compared(OPEN + first + middle + last + END, OPEN + last + first + middle + END).differences
    assert (moved.aspect, moved.what, moved.a, moved.b) == (Aspect.ORDER, "turns", 3, 1)


def test_calls_that_change_places_are_another_order() -> None:
    lines = CALL.splitlines(keepends=True)
    done = [at for at, line in enumerate(lines) if "output_item" in line]
    swapped = [*lines[: done[0]], lines[done[2]], *lines[done[0] : done[2]], *lines[done[2] + 1 :]]
    assert [d[:2] for d in found(OPEN + CALL + END, OPEN + "".join(swapped) + END)] == [("order", "turn")]


def test_a_call_of_another_name_is_one_too_few_and_one_too_many() -> None:
    assert found(WHOLE, WHOLE.replace('"name": "sea", "arg', '"name": "fog", "arg')) == [
        ("tools", "call", "sea({})", NOTHING),
        ("tools", "call", NOTHING, "fog({})"),
    ]


def test_how_far_an_interrupted_answer_came_is_no_difference_but_other_words_are() -> None:
    def cut(text: str) -> str:
        whole = turn(1, "Hello there", text)
        return OPEN + whole.replace('"status": "completed"', '"status": "cancelled"') + END

    assert found(cut("One two three"), cut("One two")) == []
    assert found(cut("One two three"), cut("One tw")) == []
    assert [d[:2] for d in found(cut("One two three"), cut("One four"))] == [("text", "assistant")]
    assert [d[:2] for d in found(cut("One two three"), OPEN + turn(1, "Hello there", "One two") + END)] == [
        ("text", "assistant"), ("turns", "interrupted")
    ]  # fmt: skip


def test_an_error_that_one_has_alone_is_named_with_what_it_was_about() -> None:
    error = '< {"type": "error", "error": {"code": "item_truncate_invalid_item_id", "message": "no such item"}}\n'
    (only,) = compared(WHOLE, WHOLE.replace("x> 1000", error + "x> 1000")).differences
    assert (only.aspect, only.a) == (Aspect.ERRORS, NOTHING)
    assert only.b.startswith("item_truncate_invalid_item_id")
    assert only.place.turn_b == 3


def test_waits_and_costs_are_differences_only_where_a_tolerance_says_so() -> None:
    slow = WHOLE.replace("+100ms", "+200ms").replace(": 10,", ": 20,")
    slow = slow.replace('"text_tokens": 10', '"text_tokens": 20')
    assert found(WHOLE, slow) == []
    assert [d[:2] for d in found(WHOLE, slow, latency=Tolerance(percent=50))] == [("latency", "answer_ms")] * 2
    assert found(WHOLE, slow, latency=Tolerance(percent=50, amount=150)) == []
    assert found(slow, WHOLE, latency=Tolerance()) == []
    assert [d[0] for d in found(WHOLE, slow, cost=Tolerance(percent=50))] == ["cost"]
    assert found(WHOLE, slow, cost=Tolerance(percent=200)) == []


@pytest.mark.parametrize(
    ("text", "money", "tolerance"),
    [
        ("20%", False, Tolerance(20, 0)),
        ("200ms", False, Tolerance(0, 200)),
        ("1.5s", False, Tolerance(0, 1500)),
        ("20%, 200ms", False, Tolerance(20, 200)),
        ("$0.01,5%", True, Tolerance(5, 0.01)),
    ],
)
def test_a_tolerance_is_a_share_an_amount_or_both(text: str, money: bool, tolerance: Tolerance) -> None:
    assert Tolerance.read(text, money=money) == tolerance


@pytest.mark.parametrize(
    ("text", "money"), [("much", False), ("5", False), ("$1", False), ("5ms", True), ("$5%", True)]
)
def test_what_is_no_tolerance_is_told_with_what_it_may_be(text: str, money: bool) -> None:
    with pytest.raises(ValueError, match=r"is no tolerance; write"):
        Tolerance.read(text, money=money)


def test_words_that_differ_stand_between_those_that_do_not() -> None:
    runs = [(run.op, run.text) for run in word_diff("I can not do this", "I could do this now")]
    assert runs == [("same", "I"), ("a", "can not"), ("b", "could"), ("same", "do this"), ("b", "now")]


words = st.lists(st.sampled_from("abc"), max_size=8)


@given(words, words)
@settings(max_examples=25, deadline=None)
def test_a_word_diff_holds_both_texts(a: list[str], b: list[str]) -> None:
    runs = word_diff(" ".join(a), " ".join(b))
    assert " ".join(run.text for run in runs if run.op != "b").split() == a
    assert " ".join(run.text for run in runs if run.op != "a").split() == b


@given(words, words)
@settings(max_examples=25, deadline=None)
def test_an_alignment_holds_both_sides_in_their_order(a: list[str], b: list[str]) -> None:
    pairs = align(a, b, lambda one, other: float(one == other))
    assert [one for one, _ in pairs if one is not None] == a
    assert [other for _, other in pairs if other is not None] == b
    assert (None, None) not in pairs
