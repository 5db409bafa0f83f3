"""MCP: listing, calls, approvals, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_inspector.errors import UsageError
from realtime_inspector.simulator.scenario import parse
from tests.simulator.driving import Driver, error_of, one, types

DOCS = """
[[mcp]]
server_label = "docs"
tools = [{ name = "search", description = "Finds pages." }, { name = "fetch" }]
[[mcp]]
server_label = "down"
unreachable = true
[[turn]]
say = "Let me look."
mcp = [{ server_label = "docs", name = "search", arguments = { q = "tides" }, output = "Twice a day." }]
then = { say = "Twice a day." }
[[turn]]
mcp = [{ server_label = "docs", name = "fetch", error = { type = "http_error", code = 500, message = "broken" } }]
"""


def tool(**members: Any) -> dict[str, Any]:
    server = {"server_label": "docs", "server_url": "https://docs.invalid/mcp", "require_approval": "never"}
    return {"type": "mcp", **server, **members}


def listed(*tools: dict[str, Any]) -> Driver:
    """Return a session that has named servers, and has heard their tools."""
    driver = Driver(DOCS)
    driver.update(tools=list(tools) or [tool()], output_modalities=["text"])
    driver.run(1)
    return driver


def item_types(driver: Driver, response: dict[str, Any]) -> list[str]:
    return [item["type"] for item in response["output"]]


def test_the_tools_of_a_server_are_listed_when_the_session_names_it() -> None:
    driver = listed()
    assert types(driver.events[1:]) == [
        "session.updated",
        "conversation.item.added",
        "mcp_list_tools.in_progress",
        "mcp_list_tools.completed",
        "conversation.item.done",
    ]
    item = driver.events[-1]["item"]
    assert [known["name"] for known in item["tools"]] == ["search", "fetch"]
    assert driver.events[-2]["item_id"] == item["id"]
    driver.update(instructions="Be brief.")
    assert types(driver.run(1)) == [], "it was listed before"


@pytest.mark.parametrize("label", ["down", "unknown"])
def test_a_server_that_cannot_be_reached_says_no_more_than_that(label: str) -> None:
    driver = listed(tool(server_label=label))
    assert types(driver.events[-2:]) == ["mcp_list_tools.failed", "conversation.item.done"]
    assert driver.events[-1]["item"]["tools"] == []


def test_a_call_is_made_here_and_its_answer_spoken_in_the_same_response() -> None:
    driver = listed()
    driver.send("response.create")
    events = driver.run(5)
    done = one(events, "response.done")["response"]
    assert item_types(driver, done) == ["message", "mcp_call", "message"]
    call = done["output"][1]
    assert (call["arguments"], call["output"], call["error"]) == ('{"q":"tides"}', "Twice a day.", None)
    told = [event for event in events if event["type"].startswith("response.mcp_call")]
    assert [event["type"] for event in told[-3:]] == [
        "response.mcp_call_arguments.done",
        "response.mcp_call.in_progress",
        "response.mcp_call.completed",
    ]
    assert all("response_id" not in event for event in told if event["type"].startswith("response.mcp_call."))
    assert {event["item_id"] for event in told} == {call["id"]}


def test_a_call_can_fail() -> None:
    driver = listed()
    for _ in range(2):
        driver.send("response.create")
        events = driver.run(5)
    assert "response.mcp_call.failed" in types(events)
    (item,) = one(events, "response.done")["response"]["output"]
    assert item["error"] == {"type": "http_error", "code": 500, "message": "broken"}


def test_a_call_waits_for_its_approval() -> None:
    driver = listed(tool(require_approval="always"))
    driver.send("response.create")
    done = one(driver.run(5), "response.done")["response"]
    assert item_types(driver, done) == ["message", "mcp_approval_request"]
    asked = done["output"][1]
    answer = {"type": "mcp_approval_response", "approval_request_id": asked["id"], "approve": True}
    driver.send("conversation.item.create", item=answer)
    done = one(driver.run(5), "response.done")["response"]
    assert item_types(driver, done) == ["mcp_call", "message"]
    assert done["output"][0]["approval_request_id"] == asked["id"]
    error = error_of(driver.send("conversation.item.create", item=answer))
    assert (error["code"], error["param"]) == ("invalid_value", "item.approval_request_id")


def test_a_call_that_is_not_approved_is_not_made() -> None:
    driver = listed(tool(require_approval={"never": {"tool_names": ["fetch"]}}))
    driver.send("response.create")
    asked = one(driver.run(5), "response.done")["response"]["output"][1]
    driver.send(
        "conversation.item.create",
        item={"type": "mcp_approval_response", "approval_request_id": asked["id"], "approve": False},
    )
    done = one(driver.run(5), "response.done")["response"]
    assert item_types(driver, done) == ["message"]
    driver.send("response.create")
    done = one(driver.run(5), "response.done")["response"]
    assert item_types(driver, done) == ["mcp_call"], "this one needs no approval"


def test_a_tool_that_was_not_listed_or_is_not_allowed_is_not_called() -> None:
    for driver in (listed(tool(allowed_tools=["fetch"])), Driver(DOCS)):
        driver.update(output_modalities=["text"])
        driver.send("response.create")
        done = one(driver.run(5), "response.done")["response"]
        assert "mcp_call" not in item_types(driver, done)


@pytest.mark.parametrize(
    ("members", "code", "param"),
    [
        ({"server_label": None}, "missing_required_parameter", "session.tools[0].server_label"),
        ({"server_url": None}, "missing_required_parameter", "session.tools[0].server_url"),
        ({"url": "https://docs.invalid"}, "unknown_parameter", "session.tools[0].url"),
        ({"require_approval": "sometimes"}, "invalid_value", "session.tools[0].require_approval"),
    ],
)
def test_a_server_that_is_misshapen_is_refused(members: dict[str, Any], code: str, param: str) -> None:
    error = error_of(Driver(DOCS).update(tools=[tool(**members)]))
    assert (error["code"], error["param"]) == (code, param)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[mcp]]\ntools = []", 'mcp 1: no "server_label"'),
        ('[[mcp]]\nserver_label = "a"\ntools = ["b"]', "mcp 1: tools: give a list of tools"),
        ('[[turn]]\nmcp = [{ name = "a" }]', 'turn 1: mcp 1: no "server_label"'),
        ('[[turn]]\nmcp = [{ server_label = "a", name = "b" }]\ncall = [{ name = "c" }]', '"call" and "mcp" in one'),
        ('[mcp]\nserver_label = "a"', "write each as a [[mcp]] of its own"),
    ],
)
def test_a_mistake_in_a_scenario_is_told_with_its_place(text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(text, "test")
    assert said in str(error.value)
