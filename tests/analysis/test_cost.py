"""What a session costs, and what is not known of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from realtime_inspector.analysis import cost
from realtime_inspector.analysis.cost import Bill, Cost, Spent
from realtime_inspector.protocol.realtime import models
from tests.analysis.sessions import VOICE, session

TABLE = models.read("""
    read = "2026-01-01"
    [models.m]
    text = { input = 4, cached = 1, output = 20 }
    audio = { input = 30, cached = 2, output = 60 }
    [models.w]
    minute = 0.6
    """)
MINE = {
    "total_tokens": 3600,
    "input_tokens": 3000,
    "output_tokens": 600,
    "input_token_details": {
        "text_tokens": 1000,
        "audio_tokens": 2000,
        "cached_tokens": 1500,
        "cached_tokens_details": {"text_tokens": 500, "audio_tokens": 1000},
    },
    "output_token_details": {"text_tokens": 100, "audio_tokens": 500, "reasoning_tokens": 60},
}
WORTH = (500 * 4 + 500 * 1 + 1000 * 30 + 1000 * 2 + 100 * 20 + 500 * 60) / 1_000_000


def after(usage: Any, model: str = "m", status: str = "completed", more: str = "") -> Cost:
    told = {"id": "r1", "status": status, "usage": usage}
    return cost.cost(
        session(f"""
        < {{"type": "session.created", "session": {{"model": "{model}", "audio": {{"input": {{"transcription": {{"model": "w"}}}}}}}}}}
        < {{"type": "response.created", "response": {{"id": "r1"}}}}
        < {{"type": "response.done", "response": {json.dumps(told)}}}
        {more}"""),  # noqa: E501 - an event a line
        TABLE,
    )


def assert_bill(found: Bill, usd: float, *, exact: bool = True) -> None:
    assert found.usd == pytest.approx(usd)
    assert (found.priced, found.unpriced, found.exact) == (1, 0, exact)


def without(*paths: str) -> dict[str, Any]:
    usage: dict[str, Any] = json.loads(json.dumps(MINE))
    for path in paths:
        inner, *last = path.split(".")
        if last:
            del usage[inner][last[0]]
        else:
            del usage[inner]
    return usage


def test_cached_input_is_a_part_of_the_input_and_reasoning_one_of_the_text() -> None:
    assert_bill(after(MINE).responses, WORTH)
    assert after(MINE).whole.total == pytest.approx(WORTH)


def test_cached_tokens_of_no_modality_are_shared_out_and_the_cost_is_about() -> None:
    found = after(without("input_token_details.cached_tokens_details")).responses
    shared = (500 * 4 + 500 * 1 + 1000 * 30 + 1000 * 2 + 100 * 20 + 500 * 60) / 1_000_000
    assert_bill(found, shared, exact=False)


def test_cached_tokens_are_exact_where_there_is_one_modality_only() -> None:
    told = {"input_tokens": 100, "input_token_details": {"text_tokens": 100, "cached_tokens": 50}}
    assert_bill(after(told).responses, (50 * 4 + 50 * 1) / 1_000_000)


@pytest.mark.parametrize(
    "usage",
    [{}, None, "none", without("input_token_details"), without("output_token_details"), {"input_tokens": 5}],
)
def test_a_usage_that_does_not_say_what_it_was_of_is_not_free(usage: Any) -> None:
    found = after(usage)
    assert found.responses == Bill(unpriced=1, without_price=frozenset({"m"}))
    assert found.whole.total is None


def test_a_model_without_a_price_is_unknown_and_not_free() -> None:
    found = after(MINE, model="other").responses
    assert found.total is None
    assert found.without_price == frozenset({"other"})


def test_a_modality_without_a_price_makes_the_whole_response_unknown() -> None:
    told = {"input_tokens": 5, "input_token_details": {"image_tokens": 5}}
    assert after(told).responses.unpriced == 1
    nothing = {"input_tokens": 5, "input_token_details": {"text_tokens": 5, "image_tokens": 0}}
    assert after(nothing).responses.priced == 1


def test_a_failed_response_that_used_nothing_costs_nothing() -> None:
    assert after({"total_tokens": 0}, status="failed").whole == Bill()
    assert after(MINE, status="failed").responses.priced == 1
    assert after({}, status="cancelled").responses.unpriced == 1


def test_a_response_in_progress_is_not_billed_yet() -> None:
    running = session('< {"type": "response.created", "response": {"id": "r1"}}')
    assert cost.cost(running, TABLE) == Cost()


def test_transcription_is_billed_by_the_minute() -> None:
    done = (
        '< {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u%d", "transcript": "",'
        ' "usage": %s}\n'
    )
    heard = done % (1, '{"type": "duration", "seconds": 30}')
    assert_bill(after(MINE, more=heard).transcription, 0.3)
    tokens = done % (2, '{"type": "tokens", "input_tokens": 9, "output_tokens": 3}')
    found = after(MINE, more=heard + tokens)
    assert found.transcription.total is None
    assert found.transcription.usd == pytest.approx(0.3)
    assert found.whole.without_price == {"w"}


def test_a_transcript_without_a_usage_is_none_of_the_bill() -> None:
    told = '< {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "transcript": ""}'
    assert after(MINE, more=told).transcription == Bill()


def test_the_table_of_this_release_is_the_default() -> None:
    found = cost.cost(session(VOICE)).responses
    assert (found.priced, found.unpriced, found.exact) == (1, 2, False)


def test_more_cached_tokens_than_input_is_no_gain() -> None:
    told = {"input_tokens": 10, "input_token_details": {"text_tokens": 10, "cached_tokens": 99}}
    usage = cost.usage_of(told)
    assert usage is not None
    assert usage.by_modality["text"] == Spent(10, 10, 0)
