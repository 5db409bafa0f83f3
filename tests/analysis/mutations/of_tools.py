"""What can go wrong with tools and with items: ids, shapes, order, and what is forgotten."""

from __future__ import annotations

from realtime_inspector.recording.entry import Side
from tests.analysis.mutations.draft import Body, Draft, Mutant, again, client, refusal, server
from tests.analysis.mutations.kinds import mutation

CREATE = "conversation.item.create"


def _is_output(body: Body) -> bool:
    return bool(body["item"].get("type") == "function_call_output")


def _is_message(body: Body) -> bool:
    return bool(body["item"].get("type") == "message")


def outputs(d: Draft) -> list[int]:
    return d.client(CREATE, _is_output)


def last_outputs(d: Draft) -> list[int]:
    """Where the last output before a request is given."""
    asked = d.client("response.create")
    return [at for at in outputs(d) if (n := d.after(at, asked)) and n < (d.after(at, outputs(d)) or n + 1)]


def messages(d: Draft) -> list[int]:
    return d.client(CREATE, _is_message)


def calls(d: Draft) -> list[int]:
    """Where a call is complete."""
    return d.server("response.output_item.done", lambda body: body["item"]["type"] == "function_call")


def _ack(d: Draft, at: int) -> int | None:
    return d.after(at, d.server("conversation.item.added"))


# outputs


@mutation("TOOL001", places=last_outputs, why="output-without-response")
def output_without_request(d: Draft, at: int) -> Mutant:
    """The client gives a tool's output, and asks for no response."""
    asked = d.after(at, d.client("response.create"))
    assert asked is not None
    return d.end(asked, named=[at])


@mutation("TOOL002", places=outputs, why="tool-unanswered")
def call_unanswered(d: Draft, at: int) -> Mutant:
    """The client never gives the output of a call."""
    made = [p for p in calls(d) if d.get(p, "item.call_id") == d.get(at, "item.call_id")]
    return d.end(at, named=[*made, *_arguments(d, at)])


def _arguments(d: Draft, at: int) -> list[int]:
    kind = "response.function_call_arguments.done"
    return [p for p in d.server(kind) if d.get(p, "call_id") == d.get(at, "item.call_id")]


_MISSING = refusal("missing_required_parameter", "Missing required parameter: 'item.call_id'.", "item.call_id")


@mutation("TOOL003", places=outputs)
def call_id_beside_the_item(d: Draft, at: int) -> Mutant:
    """The call's id stands beside the item."""
    body = d.body(at)
    return d.edit(at, {**body, "call_id": body["item"].pop("call_id")})


@mutation("TOOL003", places=last_outputs, why="tool-output-refused")
def call_id_beside_the_item_refused(d: Draft, at: int) -> Mutant:
    """The call's id stands beside the item; the server refuses it, and nobody reads that."""
    body = d.body(at)
    call_id = body["item"].pop("call_id")
    return d.end(at, (Side.CLIENT, {**body, "call_id": call_id}), _MISSING, named=[at])


@mutation("TOOL003", places=outputs)
def call_id_left_out(d: Draft, at: int) -> Mutant:
    """The output has no call's id."""
    return d.unset(at, "item.call_id")


@mutation("TOOL003", places=outputs)
def call_id_by_another_name(d: Draft, at: int) -> Mutant:
    """The output has the call's id as chat completions name it."""
    body = d.body(at)
    body["item"]["tool_call_id"] = body["item"].pop("call_id")
    return d.edit(at, body)


@mutation("TOOL004", places=outputs)
def items_id_for_the_calls(d: Draft, at: int) -> Mutant:
    """The output names the call's item instead of the call."""
    made = next(p for p in calls(d) if d.get(p, "item.call_id") == d.get(at, "item.call_id"))
    return d.put(at, "item.call_id", d.get(made, "item.id"))


@mutation("TOOL004", places=last_outputs, why="tool-output-refused")
def unknown_call_id_refused(d: Draft, at: int) -> Mutant:
    """The output names a call that never was; the server refuses it."""
    body = d.body(at)
    body["item"]["call_id"] = "call_of_another_session"
    error = refusal("invalid_tool_call_id", "Tool call ID 'call_of_another_session' not found in conversation.")
    return d.end(at, (Side.CLIENT, body), error, named=[at])


@mutation("TOOL004", "TOOL005", "TOOL012", places=lambda d: outputs(d)[1:])
def ids_swapped(d: Draft, at: int) -> Mutant | None:
    """Two outputs of different responses have each other's call ids."""
    first = outputs(d)[0]
    one, other = d.body(first), d.body(at)
    ids = one["item"]["call_id"], other["item"]["call_id"]
    if (d.after(first, d.client("response.create")) or at) > at:
        return None  # of one response: in any order
    one["item"]["call_id"], other["item"]["call_id"] = ids[1], ids[0]
    return d.edit_all({first: one, at: other}, [first, at])


@mutation("TOOL007", "ENV012", places=outputs)
def output_as_an_object(d: Draft, at: int) -> Mutant:
    """The output is an object, not a string."""
    return d.put(at, "item.output", {"ok": True})


@mutation("TOOL007", "ENV005", places=outputs)
def output_missing(d: Draft, at: int) -> Mutant:
    """The output is not there."""
    return d.unset(at, "item.output")


@mutation("TOOL005", places=outputs)
def output_given_twice(d: Draft, at: int) -> Mutant:
    """The client gives an output twice."""
    return d.insert(at + 1, again(d, at))


@mutation("TOOL015", places=outputs)
def huge_output(d: Draft, at: int) -> Mutant:
    """The output is 40 KB."""
    return d.put(at, "item.output", "x" * 40_000)


@mutation("ENV012", places=outputs)
def wrong_item_type(d: Draft, at: int) -> Mutant:
    """The item has a type that another API has."""
    words = "Invalid value: 'tool_result'. Supported values are: 'message', 'function_call' and 'function_call_output'."
    return d.refused(at, d.put(at, "item.type", "tool_result"), "invalid_value", words, "item.type")


@mutation("TOOL014", places=last_outputs, why="slow-tool")
def slow_tool(d: Draft, at: int) -> Mutant:
    """A tool takes eight seconds more."""
    first = next(p for p in outputs(d) if p > (d.before(at, d.server("response.done")) or 0))
    return d.later(first, 8.0)


@mutation("TOOL012", places=lambda d: [at for at in last_outputs(d) if _has_sibling(d, at)])
def one_output_of_two(d: Draft, at: int) -> Mutant | None:
    """The client asks for a response before all calls have their output."""
    asked = d.after(at, d.client("response.create"))
    acks = [p for p in d.server("conversation.item.added") if d.get(p, "item.call_id") == d.get(at, "item.call_id")]
    acks += [p for p in d.server("conversation.item.done") if d.get(p, "item.call_id") == d.get(at, "item.call_id")]
    own = [p for p in acks if p > at]
    return d.drop([at, *own], at=[asked or 0])


def _has_sibling(d: Draft, at: int) -> bool:
    before = d.before(at, outputs(d))
    return before is not None and before > (d.before(at, d.client("response.create")) or 0)


@mutation("TOOL013", places=last_outputs)
def answered_before_the_response_is_done(d: Draft, at: int) -> Mutant | None:
    """The client asks for the answer to an output while the response that made the call still runs."""
    done = d.before(at, d.server("response.done"))
    asked = d.after(at, d.client("response.create"))
    if done is None or asked is None or _has_sibling(d, at):
        return None
    late = Draft(d.name, d.later(done, 0.5).entries)
    asked_first = Draft(d.name, late.move_up(asked, done).entries)
    given_first = asked_first.move_up(at + 1, done)
    return Mutant(given_first.entries, frozenset({done + 1, done + 2}))


@mutation("TOOL018", places=lambda d: [at for at in d.client("response.create") if _follows_output(d, at)])
def update_after_the_output(d: Draft, at: int) -> Mutant | None:
    """The client changes its instructions right after it asked for the answer."""
    if not any(d.get(p, "session.instructions") for p in d.server("session.updated")):
        return None
    session = {"type": "realtime", "instructions": "From now on you are somebody else."}
    return d.insert(at + 1, client("session.update", session=session))


def _follows_output(d: Draft, at: int) -> bool:
    output, commit = d.before(at, d.client(CREATE)), d.before(at, d.server("input_audio_buffer.committed"))
    return output in outputs(d) and (commit is None or output is None or commit < output)


# calls


@mutation("TOOL008", places=calls)
def arguments_cut_off(d: Draft, at: int) -> Mutant:
    """The arguments of a complete call are not JSON."""
    return d.put(at, "item.arguments", '{"city": "Os')


@mutation("TOOL010", places=calls)
def argument_missing(d: Draft, at: int) -> Mutant | None:
    """The arguments lack what the tool requires."""
    tools = [t for u in d.client("session.update") if u < at for t in d.get(u, "session.tools", [])]
    known = any(t["name"] == d.get(at, "item.name") and t["parameters"].get("required") for t in tools)
    return d.put(at, "item.arguments", '{"town": 7}') if known else None


@mutation("TOOL011", places=calls)
def undeclared_tool(d: Draft, at: int) -> Mutant:
    """The model calls a tool that nobody declared."""
    return d.put(at, "item.name", "launch_rocket")


@mutation("TOOL009", places=calls)
def incomplete_call_answered(d: Draft, at: int) -> Mutant | None:
    """The client answers a call that was cut off."""
    given = [p for p in outputs(d) if d.get(p, "item.call_id") == d.get(at, "item.call_id")]
    if not given:
        return None
    changed: dict[int, Body] = {}
    for place, body in enumerate(d.bodies):
        if at <= place < given[0] and d.get(at, "item.call_id") in str(body):
            changed[place] = _incomplete(d.body(place), d.get(at, "item.call_id"))
    return d.edit_all(changed, given)


def _incomplete(body: Body, call_id: str) -> Body:
    for item in (body.get("item"), *(body.get("response") or {}).get("output", ())):
        if item and item.get("call_id") == call_id:
            item["status"] = "incomplete"
    if "response" in body:
        body["response"].update(status="incomplete", status_details={"reason": "max_output_tokens"})
    return body


# items


@mutation("ITM002", places=messages)
def unknown_previous_item(d: Draft, at: int) -> Mutant | None:
    """The client wants an item after one that never was."""
    return None if d.is_beta else d.put(at, "previous_item_id", "item_no")


@mutation("ITM003", places=lambda d: messages(d)[1:])
def item_id_used_again(d: Draft, at: int) -> Mutant:
    """The client gives an item the id of another one."""
    first = d.server("conversation.item.added") or d.server("conversation.item.created")
    return d.put(at, "item.id", d.get(first[0], "item.id"))


@mutation("ITM004", "ENV012", places=messages)
def content_of_another_role(d: Draft, at: int) -> Mutant:
    """The user's message has content that only the assistant's can have."""
    return d.put(at, "item.content.0.type", "output_text")


@mutation("ITM005", "ITM004", places=messages)
def assistant_audio_restored(d: Draft, at: int) -> Mutant:
    """The client puts the assistant's audio into the conversation."""
    content = [{"type": "output_audio", "audio": "AAAA", "transcript": "Hello."}]
    item = {"type": "message", "role": "assistant", "content": content}
    return d.insert(at, client(CREATE, item=item))


@mutation("ITM006", places=messages)
def item_unacknowledged(d: Draft, at: int) -> Mutant | None:
    """The server neither adds nor refuses an item."""
    seen = any(place < at for place in d.server("conversation.item.added"))
    late = d.entries[d.ends_at].t - d.entries[at].t > 3.2
    return d.drop(d.answers(at), at=[at]) if late and seen else None


@mutation("ITM004", "ENV005", "ENV012", places=messages)
def message_without_content(d: Draft, at: int) -> Mutant:
    """A message has no content."""
    return d.unset(at, "item.content")


@mutation("ITM001", places=lambda d: [d.ends_at])
def unknown_item_deleted(d: Draft, at: int) -> Mutant:
    """The client deletes an item that never was."""
    return d.insert(at, client("conversation.item.delete", item_id="item_no"))


@mutation("ITM001", places=lambda d: [d.ends_at])
def undefined_item_retrieved(d: Draft, at: int) -> Mutant:
    """The client retrieves an item whose id it does not know."""
    return d.insert(at, client("conversation.item.retrieve", item_id="undefined"))


@mutation("ENV012", places=lambda d: [] if d.is_beta else messages(d), why="message-refused")
def message_refused(d: Draft, at: int) -> Mutant:
    """The server refuses a message, and nobody asks for anything any more."""
    body = d.body(at)
    body["item"]["content"][0]["type"] = "text"
    error = refusal(
        "invalid_value", "Invalid value: 'text'. Supported values are: 'input_text'.", "item.content[0].type"
    )
    return d.end(at, (Side.CLIENT, body), error, named=[at])


@mutation("MCP003", places=lambda d: [d.ends_at], why="approval-pending", of=("sim-tools", "tool-call"))
def approval_pending(d: Draft, at: int) -> Mutant:
    """An MCP call waits for an approval that never comes."""
    item = {"id": "mcpr_1", "type": "mcp_approval_request", "server_label": "s", "name": "pay", "arguments": "{}"}
    place = {"response_id": "resp_mcp", "output_index": 0, "item": item}
    return d.end(
        at,
        server("response.created", response={"id": "resp_mcp", "status": "in_progress"}),
        server("response.output_item.added", **place),
        server("conversation.item.added", item=item),
        server("response.output_item.done", **place),
        server("response.done", response={"id": "resp_mcp", "status": "completed", "output": [item]}),
    )


@mutation("MCP001", places=lambda d: d.server("session.updated")[:1])
def mcp_tools_not_listed(d: Draft, at: int) -> Mutant:
    """The tools of an MCP server cannot be listed."""
    return d.insert(
        at + 1,
        server("mcp_list_tools.in_progress", item_id="mcpl_1"),
        server("mcp_list_tools.failed", item_id="mcpl_1"),
    )
