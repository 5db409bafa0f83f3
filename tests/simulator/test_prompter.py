"""Which answer is next."""

from __future__ import annotations

from realtime_inspector.simulator.prompter import Prompter
from realtime_inspector.simulator.scenario import parse

TOOLS = frozenset({"f"})
TEXT = """
fallback = "nothing left"
waiting = "wait"
[[turn]]
say = "first"
[[turn]]
when = ["rome", "rain"]
say = "about rome"
[[turn]]
call = [{ name = "f" }]
then = { say = "after the call" }
"""


def prompter(more: str = "") -> Prompter:
    return Prompter(parse(more + TEXT, "test"))


def said(prompter: Prompter, text: str = "", tools: frozenset[str] = TOOLS) -> str:
    if text:
        prompter.user_said(text)
    reply = prompter.next_reply(tools=tools)
    return reply.say or f"call {reply.call[0].name}"


def test_turns_come_in_order_and_then_the_fallback() -> None:
    known = prompter()
    assert [said(known, "hi"), said(known, "hi")] == ["first", "call f"]
    assert said(known, "hi") == "nothing left"


def test_words_of_the_user_choose_their_turn_once() -> None:
    known = prompter()
    assert said(known, "Will it RAIN in Rome?") == "about rome"
    assert said(known, "Will it rain in Rome?") == "first"


def test_what_follows_a_call_comes_after_its_output_even_if_the_user_spoke_in_between() -> None:
    known = prompter()
    said(known, "hi")
    said(known, "hi")
    known.called("c1")
    assert said(known) == "wait"
    assert said(known, "well?") == "nothing left"
    known.answered("c1")
    assert said(known) == "after the call"


def test_the_output_of_an_unknown_call_changes_nothing() -> None:
    known = prompter()
    known.answered("nobody's")
    assert said(known) == "first"


def test_a_call_of_a_tool_that_is_not_declared_becomes_words() -> None:
    known = prompter()
    said(known, "hi")
    assert said(known, "hi", frozenset()) == "nothing left"


def test_a_scenario_that_repeats_begins_again() -> None:
    known = prompter("repeat = true\n")
    assert [said(known, "hi"), said(known, "hi"), said(known, "hi")] == ["first", "call f", "first"]


def test_a_speaking_user_says_the_words_of_the_next_turn_in_order() -> None:
    known = Prompter(parse('[[turn]]\nheard = "one"\nsay = "1"\n[[turn]]\nheard = "two"\nsay = "2"', "test"))
    assert [known.transcript(), known.transcript()] == ["one", "one"]
    said(known, known.transcript())
    assert known.transcript() == "two"
    known.skip()
    assert known.transcript() == ""
