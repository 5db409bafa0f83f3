"""Tool calls and their outputs, as a session keeps them."""

from __future__ import annotations

import pytest

from tests.protocol.folding import session

CALL = """
    < {"type": "response.created", "response": {"id": "r1"}}
    < {"type": "response.output_item.added", "response_id": "r1", "item": {"id": "f1", "type": "function_call", "call_id": "c1", "name": "weather", "status": "in_progress", "arguments": ""}}
    < {"type": "response.function_call_arguments.delta", "response_id": "r1", "item_id": "f1", "call_id": "c1", "delta": "{"}
    < {"type": "response.function_call_arguments.done", "response_id": "r1", "item_id": "f1", "call_id": "c1", "arguments": "{}"}
    < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "f1", "type": "function_call", "call_id": "c1", "name": "weather", "status": "completed", "arguments": "{}"}}
    < {"type": "response.done", "response": {"id": "r1", "status": "completed", "output": [{"id": "f1", "type": "function_call", "call_id": "c1", "status": "completed"}]}}
    """


def test_a_call_is_told_from_its_arguments_to_its_output() -> None:
    found = session(
        CALL
        + """
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "21"}}
        < {"type": "conversation.item.added", "item": {"id": "o1", "type": "function_call_output", "call_id": "c1", "output": "21"}}
        """
    )
    call = found.calls["c1"]
    assert (call.name, call.arguments, call.item_id, call.response_id) == ("weather", "{}", "f1", "r1")
    assert (call.status, call.done, call.output) == ("completed", call.done, "21")
    assert [at.n for at in (call.named, call.done, *call.outputs, call.acknowledged) if at] == [2, 4, 7, 8]
    assert found.calls_of("r1") == [call]
    assert [output.status for output in found.outputs] == ["accepted"]


@pytest.mark.parametrize(
    "line",
    [
        '< {"type": "conversation.item.done", "item": {"id": "f", "type": "function_call", "call_id": "c", "status": "completed"}}',
        '< {"type": "response.done", "response": {"id": "r", "output": [{"id": "f", "type": "function_call", "call_id": "c", "status": "completed"}]}}',
        '< {"type": "response.output_item.done", "item": {"id": "f", "type": "function_call", "call_id": "c", "status": "completed"}}',
    ],
)
def test_any_event_that_shows_a_complete_call_completes_it(line: str) -> None:
    assert session(line).calls["c"].done is not None


def test_a_refused_output_leaves_its_call_unanswered() -> None:
    found = session(
        CALL
        + """
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": {}}}
        < {"type": "error", "error": {"code": "invalid_type", "param": "item.output", "message": "no"}}
        """
    )
    call = found.calls["c1"]
    assert (call.outputs, call.output, [at.n for at in call.refused]) == ([], None, [7])
    assert [(output.status, output.call_id) for output in found.outputs] == [("rejected", "c1")]


def test_an_output_without_a_call_id_is_remembered_as_refused() -> None:
    found = session(
        CALL
        + """
        > {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": []}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "output": "21"}}
        < {"type": "error", "error": {"code": "missing_required_parameter", "param": "item.call_id"}}
        """
    )
    assert [(output.at.n, output.status, output.call_id) for output in found.outputs] == [(8, "rejected", "")]
    assert found.calls["c1"].outputs == []


def test_a_call_of_the_history_is_the_clients() -> None:
    found = session(
        """
        > {"type": "conversation.item.create", "item": {"type": "function_call", "call_id": "c0", "name": "f", "arguments": "{}"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c0", "output": "1"}}
        """
    )
    assert (found.calls["c0"].by_client, len(found.calls["c0"].outputs)) == (True, 1)


def test_calls_of_the_servers_own_tools_are_no_calls() -> None:
    found = session(
        """
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "m1", "type": "mcp_call", "name": "f"}}
        < {"type": "response.mcp_call_arguments.delta", "response_id": "r1", "item_id": "m1", "delta": "{"}
        """
    )
    assert found.calls == {}
    assert found.items["m1"].type == "mcp_call"


def test_an_output_before_the_first_event_that_names_its_call_is_its_output() -> None:
    found = session(
        """
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c1", "output": "21"}}
        > {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c2", "output": "22"}}
        < {"type": "response.output_item.done", "response_id": "r1", "item": {"id": "f1", "type": "function_call", "call_id": "c1", "status": "completed", "arguments": "{}"}}
        """
    )
    assert [at.n for at in found.calls["c1"].outputs] == [1]


def test_tools_are_being_listed_until_the_server_says_otherwise() -> None:
    begun = """
        < {"type": "mcp_list_tools.in_progress", "item_id": "l1"}
        < {"type": "mcp_list_tools.in_progress", "item_id": "l2"}
        < {"type": "mcp_list_tools.in_progress", "item_id": "l3"}
        < {"type": "mcp_list_tools.in_progress", "item_id": "l4"}
        """
    ended = """
        < {"type": "mcp_list_tools.completed", "item_id": "l1"}
        < {"type": "mcp_list_tools.failed", "item_id": "l2"}
        < {"type": "conversation.item.done", "item": {"id": "l3", "type": "mcp_list_tools", "server_label": "docs"}}
        """
    assert list(session(begun).listing_tools) == ["l1", "l2", "l3", "l4"]
    assert {item_id: at.n for item_id, at in session(begun + ended).listing_tools.items()} == {"l4": 4}
