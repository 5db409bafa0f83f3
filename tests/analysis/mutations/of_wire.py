"""What can go wrong with the connection and with what wraps every event."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from tests.analysis.mutations.draft import Draft, Mutant, client, refusal, server
from tests.analysis.mutations.kinds import mutation
from tests.analysis.mutations.of_responses import begun, ga_only

CLIENT_EVENTS = ("session.update", "conversation.item.create", "response.create")


def named(d: Draft) -> list[int]:
    """Where the client sends something other than audio."""
    return sorted(at for event_type in CLIENT_EVENTS for at in d.client(event_type))


def request(d: Draft) -> list[int]:
    return [0] if d.entries[0].kind is Kind.REQUEST else []


def openai(d: Draft) -> list[int]:
    """Where a session with OpenAI itself begins."""
    host = d.entries[0].header("Host") if request(d) else None
    return [0] if host == "api.openai.com" else []


def running(d: Draft) -> list[int]:
    """In the middle of an answer, before anything of it can be heard."""
    return [at + 1 for at in begun(d)]


def settled(d: Draft) -> list[int]:
    """Where the session is configured and nothing has been asked for."""
    return [at + 1 for at in d.server("session.updated")[-1:] if d.client("response.create", lambda b: True)]


# the envelope


@mutation("ENV001", places=named)
def misspelt_type(d: Draft, at: int) -> Mutant:
    """An event's type is misspelt."""
    return d.put(at, "type", str(d.get(at, "type")).replace("create", "creat").replace("update", "updat"))


@mutation("ENV004", places=lambda d: d.client("response.create"))
def servers_event_from_the_client(d: Draft, at: int) -> Mutant:
    """The client sends an event that only a server sends."""
    return d.put(at, "type", "response.created")


@mutation("ENV005", places=lambda d: d.client("conversation.item.create"))
def item_left_out(d: Draft, at: int) -> Mutant:
    """An item is created without an item."""
    return d.unset(at, "item")


@mutation("ENV005", places=lambda d: d.client("session.update"))
def session_left_out(d: Draft, at: int) -> Mutant:
    """A session is updated without a session."""
    words = "Missing required parameter: 'session'."
    return d.refused(at, d.unset(at, "session"), "missing_required_parameter", words, "session")


@mutation("ENV006", "CON014", places=ga_only(named))
def unknown_member_of_an_event(d: Draft, at: int) -> Mutant:
    """An event has a member that it does not have."""
    return d.put(at, "response_id", "resp_1")


@mutation("ENV008", places=lambda d: named(d)[1:])
def event_id_used_twice(d: Draft, at: int) -> Mutant:
    """Two events of the client have one id."""
    first = named(d)[0]
    bodies = {place: {**d.body(place), "event_id": "evt_1"} for place in (first, at)}
    return d.edit_all(bodies, [at])


@mutation("ENV010", places=named)
def event_id_too_long(d: Draft, at: int) -> Mutant:
    """An event's id has 600 characters."""
    return d.put(at, "event_id", "e" * 600)


@mutation("CON014", places=named)
def message_cut_off(d: Draft, at: int) -> Mutant:
    """A message is cut off in the middle."""
    return d.edit(at, d.entries[at].payload[:-4])


@mutation("CON014", places=named)
def message_encoded_twice(d: Draft, at: int) -> Mutant:
    """A message is a JSON string that holds JSON."""
    return d.edit(at, orjson.dumps(d.entries[at].payload.decode()))


@mutation("CON014", places=named)
def type_by_another_name(d: Draft, at: int) -> Mutant:
    """A message has its type under `event`."""
    body = d.body(at)
    return d.edit(at, {"event": body.pop("type"), **body})


@mutation("CON013", places=named)
def binary_message(d: Draft, at: int) -> Mutant:
    """A message is sent as binary data."""
    return d.replaced(at, binary=True)


@mutation("ENV007", places=lambda d: d.server("response.done"))
def unknown_event_of_the_server(d: Draft, at: int) -> Mutant:
    """The server sends an event that nobody knows."""
    return d.insert(at + 1, server("response.output_smell.delta", delta="lavender"))


@mutation("ERR002", places=settled)
def error_storm(d: Draft, at: int) -> Mutant:
    """The client makes the same mistake again and again."""
    bad = client("response.cancel", response_id="resp_no")
    error = refusal("invalid_value", "Invalid value: 'resp_no'.", "response_id")
    return Mutant(d.end(at, *[bad, error] * 6).entries)


# the connection


@mutation("CON001", places=openai)
def beta_header(d: Draft, at: int) -> Mutant:
    """The client asks OpenAI for the beta."""
    return _headers(d, ["OpenAI-Beta", "realtime=v1"])


@mutation("CON007", places=request)
def key_in_the_url(d: Draft, at: int) -> Mutant:
    """The URL holds a key."""
    return _target(d, "&api_key=[redacted:api_key]")


@mutation("CON009", places=openai)
def two_models_in_the_url(d: Draft, at: int) -> Mutant:
    """The URL names a model and wants a transcription."""
    return _target(d, "&intent=transcription")


@mutation("CON009", places=openai)
def no_model_in_the_url(d: Draft, at: int) -> Mutant:
    """The URL names no model."""
    members = {**d.entries[0].members, "target": "/v1/realtime"}
    return d.replaced(0, members=members)


@mutation("CON010", places=openai, why="server-closed")
def model_of_another_endpoint(d: Draft, at: int) -> Mutant:
    """The URL names a model of the Live API, and the server takes none of it."""
    members = {**d.entries[0].members, "target": "/v1/realtime?model=gpt-live-1"}
    there = Draft(d.name, d.replaced(0, members=members).entries)
    error = refusal("invalid_model", "The model 'gpt-live-1' cannot be used on this endpoint.", "model")
    close = (Side.SERVER, 4000, "invalid_request_error.invalid_model")
    return there.end(2, error, seconds=0.05, named=[0], close=close)


@mutation("CON008", places=request)
def long_lived_key_of_a_browser(d: Draft, at: int) -> Mutant:
    """A browser connects with the project's key."""
    return _headers(d, ["Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.sk-[redacted]"])


def _headers(d: Draft, *more: list[str]) -> Mutant:
    members = {**d.entries[0].members, "headers": [*map(list, d.entries[0].headers), *more]}
    return d.replaced(0, members=members)


def _target(d: Draft, more: str) -> Mutant:
    members = {**d.entries[0].members, "target": d.entries[0].members["target"] + more}
    return d.replaced(0, members=members)


@mutation("CON003", places=request, why="handshake-refused")
def key_refused(d: Draft, at: int) -> Mutant:
    """The server refuses the key."""
    body = '{"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key"}}'
    refused = replace(d.entries[1], members={"status": 401, "reason": "Unauthorized", "headers": [], "body": body})
    end = Entry(3, refused.t + 0.01, Side.PROXY, Kind.END, members={"how": "closed"}, line=4)
    return Mutant([d.entries[0], refused, end], frozenset({2}))


@mutation("CON004", places=request, why="server-silent")
def server_says_nothing(d: Draft, at: int) -> Mutant:
    """The server accepts the connection and says nothing."""
    return d.end(2)


@mutation("CON002", places=running, why="connection-lost")
def socket_cut(d: Draft, at: int) -> Mutant:
    """The connection is lost in the middle of an answer."""
    mutant = d.end(at, seconds=0.8, close=None, how="reset", microphone=False)
    return Mutant(mutant.entries, frozenset({len(mutant.entries)}))


@mutation("CON002", places=running, why="server-closed")
def server_fails(d: Draft, at: int) -> Mutant:
    """The server closes in the middle of an answer."""
    mutant = d.end(at, seconds=0.8, close=(Side.SERVER, 1011, "The server had an error"), microphone=False)
    return Mutant(mutant.entries, frozenset({len(mutant.entries) - 1}))


@mutation("CON002", places=running, why="session-expired")
def session_expired(d: Draft, at: int) -> Mutant:
    """The session has lasted its time."""
    words = "Your session hit the maximum duration of 60 minutes."
    error = refusal("session_expired", words)
    mutant = d.end(at, error, seconds=0.1, close=(Side.SERVER, 1001, words), microphone=False)
    return Mutant(mutant.entries, frozenset({len(mutant.entries) - 1}))


@mutation("CON002", places=settled, why="server-closed")
def server_closes_while_nothing_runs(d: Draft, at: int) -> Mutant:
    """The server ends the session before anybody has asked for anything."""
    mutant = d.end(at, seconds=1.5, close=(Side.SERVER, 3000, "unauthorized"), microphone=False)
    return Mutant(mutant.entries, frozenset({len(mutant.entries) - 1}))


@mutation("ERR004", places=settled, why="account")
def account_without_credit(d: Draft, at: int) -> Mutant:
    """The account has no credit."""
    error = refusal("insufficient_quota", "You exceeded your current quota.")
    return d.end(at, client("response.create"), error, named=[at + 1])


@mutation(places=running, why="client-closed")
def client_hangs_up_too_soon(d: Draft, at: int) -> Mutant:
    """The client closes before the answer comes."""
    return d.end(at, seconds=0.6, microphone=False)


@mutation("CON006", places=lambda d: [d.ends_at])
def message_after_the_close(d: Draft, at: int) -> Mutant:
    """The client goes on sending after the server has closed."""
    t = d.entries[at - 1].t
    close = Entry(0, t + 0.1, Side.SERVER, Kind.CLOSE, members={"code": 1001, "reason": "over"})
    mutant = d.insert(at, client("response.create"))
    late = replace(mutant.entries[at], t=t + 2)
    end = Entry(0, t + 2.1, Side.PROXY, Kind.END, members={"how": "closed"})
    entries = [*d.entries[:at], close, late, end]
    return Mutant([replace(e, n=n, line=n + 1) for n, e in enumerate(entries, 1)], frozenset({at + 2}))


@mutation("CON005", places=lambda d: d.server("session.created"))
def session_near_its_end(d: Draft, at: int) -> Mutant:
    """The session expires a minute after it began."""
    mutant = d.put(at, "session.expires_at", 1_800_000_061)
    header = Header("rec_1", "2027-01-15T08:00:00.000000Z", url="wss://api.openai.com/v1/realtime")
    return Mutant(mutant.entries, mutant.at, header)


@mutation("RAT001", places=lambda d: d.server("rate_limits.updated"))
def limit_nearly_used_up(d: Draft, at: int) -> Mutant:
    """Next to nothing is left of a limit."""
    limit: dict[str, Any] = {"name": "tokens", "limit": 40000, "remaining": 900, "reset_seconds": 50}
    return d.put(at, "rate_limits", [limit])


@mutation("RAT002", places=lambda d: d.server("rate_limits.updated"))
def limit_used_up(d: Draft, at: int) -> Mutant:
    """Nothing is left of a limit."""
    limit: dict[str, Any] = {"name": "requests", "limit": 100, "remaining": 0, "reset_seconds": 50}
    return d.put(at, "rate_limits", [limit])


@mutation("CST003", places=lambda d: d.server("response.done")[1:])
def context_shrinks(d: Draft, at: int) -> Mutant | None:
    """The input of a response is half of that of the one before, and nobody took anything out."""
    before = d.before(at, d.server("response.done"))
    taken = d.client("conversation.item.truncate") + d.client("conversation.item.delete")
    spent = d.get(before or 0, "response.usage.input_tokens")
    if taken or not spent or not d.get(at, "response.usage") or not d.get(at, "response.conversation_id"):
        return None
    return d.edit_all({at: _with_input(d, at, 3000), before or 0: _with_input(d, before or 0, 6000)}, [at])


def _with_input(d: Draft, at: int, tokens: int) -> Any:
    body = d.body(at)
    usage = body["response"]["usage"]
    usage.update(input_tokens=tokens, total_tokens=tokens + usage["output_tokens"])
    usage["input_token_details"].update(text_tokens=tokens, audio_tokens=0, cached_tokens=0)
    return body


@mutation("CST001", places=lambda d: d.server("response.done"))
def context_nearly_full(d: Draft, at: int) -> Mutant | None:
    """The input of a response is nearly all that the model can read."""
    known = d.get(at, "response.usage") and d.get(at, "response.conversation_id")
    return d.edit(at, _with_input(d, at, 95_000)) if known else None


# the recording


@mutation("REC001", places=lambda d: [at for at in d.server("response.created") if d.entries[at - 1].t > 0.5])
def clock_set_back(d: Draft, at: int) -> Mutant:
    """An entry is older than the one before it."""
    return d.replaced(at, t=d.entries[at - 1].t - 0.5)


@mutation("REC002", places=lambda d: d.server("response.created"))
def messages_lost(d: Draft, at: int) -> Mutant:
    """Messages could not be recorded."""
    gap = Entry(0, d.entries[at].t, Side.PROXY, Kind.GAP, members={"lost": 3, "why": "disk full"})
    entries = [*d.entries[:at], gap, *d.entries[at:]]
    return Mutant([replace(e, n=n, line=n + 1) for n, e in enumerate(entries, 1)], frozenset({at + 1}))


@mutation("REC003", places=lambda d: d.client("session.update"))
def key_in_the_instructions(d: Draft, at: int) -> Mutant:
    """A key stands in the instructions."""
    return d.put(at, "session.instructions", "Use the key " + "sk-" + "proj-" + "a1B2c3D4e5F6" * 3)
