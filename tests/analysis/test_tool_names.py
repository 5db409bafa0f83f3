"""Tools after which silence is meant, by their names."""

from __future__ import annotations

import pytest

from realtime_inspector.analysis.rules.tool.names import silence_is_meant


@pytest.mark.parametrize(
    "name",
    [
        "end_call",
        "endCall",
        "hang_up",
        "hangup",
        "hang-up",
        "end_the_conversation",
        "wait_for_user",
        "stay_silent",
        "transfer_call",
        "transfer_to_human",
        "disconnect",
        "phone_end_call",
        "do_nothing",
        "noop",
    ],
)
def test_a_name_that_ends_or_waits_means_silence(name: str) -> None:
    assert silence_is_meant(name)


@pytest.mark.parametrize(
    "name",
    ["get_weather", "get_end_date", "transfer_money", "close_ticket", "finish_order", "wait_times", "call_back", ""],
)
def test_a_name_that_only_holds_such_a_word_does_not(name: str) -> None:
    assert not silence_is_meant(name)
