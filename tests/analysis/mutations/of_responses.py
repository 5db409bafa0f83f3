"""What can go wrong between a request and an answer: asked wrongly, answered wrongly, or not at all."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from realtime_inspector.recording.entry import Side
from tests.analysis.mutations.draft import Body, Draft, Mutant, again, client, refusal, server
from tests.analysis.mutations.kinds import mutation

AUDIO_DELTA = "response.output_audio.delta"
ACTIVE = refusal("conversation_already_has_active_response", "Conversation already has an active response in progress.")


def in_conversation(body: Body) -> bool:
    return (body.get("response") or {}).get("conversation") != "none"


def requests(d: Draft) -> list[int]:
    """Where the client asks for a response of the conversation, after which one begins."""
    return [at for at in d.client("response.create", in_conversation) if d.after(at, d.server("response.created"))]


def begun(d: Draft) -> list[int]:
    """Where a response of the conversation begins."""
    return d.server("response.created", lambda body: (body["response"].get("metadata") or {}).get("for") != "title")


def ga_only(places: Callable[[Draft], list[int]]) -> Callable[[Draft], list[int]]:
    """Return the places in sessions that do not speak the beta's dialect."""
    return lambda d: [] if d.is_beta else places(d)


def done(d: Draft) -> list[int]:
    return d.server("response.done", lambda body: body["response"]["status"] == "completed")


def spoken(d: Draft) -> list[int]:
    """Where a response that speaks is done."""
    return [at for at in done(d) if _deltas(d, at)]


def _deltas(d: Draft, at: int) -> list[int]:
    return [place for place in d.server(AUDIO_DELTA) if d.response_at(place) == d.response_at(at)]


def after_message(d: Draft) -> list[int]:
    """Where the client asks for the answer to a written message."""
    return [at for at in requests(d) if _last_item(d, at).get("role") == "user" and at > 0]


def after_commit(d: Draft) -> list[int]:
    """Where the client asks for the answer to a turn it has committed by itself."""
    commits = d.client("input_audio_buffer.commit")
    outputs = d.client("conversation.item.create")
    return [at for at in requests(d) if (c := d.before(at, commits)) is not None and c > (d.before(at, outputs) or 0)]


def _last_item(d: Draft, at: int) -> Body:
    place = d.before(at, d.client("conversation.item.create"))
    commit = d.before(at, d.server("input_audio_buffer.committed"))
    return {} if place is None or (commit or 0) > place else d.get(place, "item", {})


def _answered(d: Draft, at: int) -> int:
    place = d.after(at, begun(d))
    assert place is not None
    return place


# what the client does


@mutation("ITM007", places=after_message, why="message-without-response")
def message_without_request(d: Draft, at: int) -> Mutant:
    """The client writes a message, and asks for no response."""
    written = d.before(at, d.client("conversation.item.create"))
    assert written is not None
    return d.end(at, *[again(d, p) for p in d.answers(written) if p > at], named=[written])


@mutation("ITM006", "ITM007", places=after_message, why="message-unanswered")
def message_without_any_answer(d: Draft, at: int) -> Mutant:
    """The client writes a message, and the server says nothing more."""
    written = d.before(at, d.client("conversation.item.create"))
    assert written is not None
    return d.end(written + 1, named=[written])


@mutation("SES019", places=after_commit, why="commit-without-create")
def commit_without_request(d: Draft, at: int) -> Mutant:
    """The client commits the user's turn by itself, and asks for no response."""
    committed = d.before(at, d.server("input_audio_buffer.committed"))
    return d.end(at, named=[committed or 0])


def _long(d: Draft) -> list[int]:
    """Where an answer is done that took a while."""
    return [at for at in spoken(d) if d.entries[at].t - d.entries[_deltas(d, at)[0]].t > 0.2]


@mutation("RSP001", places=_long)
def request_while_one_runs(d: Draft, at: int) -> Mutant:
    """The client asks for a response while one is in progress."""
    return d.insert(_deltas(d, at)[0] + 1, client("response.create"))


@mutation("RSP001", "VAD007", places=requests)
def request_made_twice(d: Draft, at: int) -> Mutant:
    """The client asks for a response twice in a row."""
    return d.insert(at + 1, client("response.create"), also=[at])


@mutation("VAD007", places=lambda d: [at for at in d.server("input_audio_buffer.committed") if _by_server(d, at)])
def request_beside_voice_detection(d: Draft, at: int) -> Mutant:
    """The client asks for a response to a turn that voice detection answers by itself."""
    return d.insert(at + 1, client("response.create"))


def _by_server(d: Draft, at: int) -> bool:
    return bool(d.server("input_audio_buffer.speech_stopped")) and not d.client("input_audio_buffer.commit")


@mutation("RSP002", places=requests, why="create-refused")
def refused_request_not_made_again(d: Draft, at: int) -> Mutant | None:
    """A request is refused because a response is in progress, and not made again after it."""
    running = server("response.created", response={"id": "resp_other", "status": "in_progress", "output": []})
    over = server("response.done", response={"id": "resp_other", "status": "cancelled", "output": [],
                                             "status_details": {"reason": "client_cancelled"}})  # fmt: skip
    given = d.before(at, d.client("conversation.item.create"))
    if given is None or given < (d.before(at, d.client("response.create")) or 0):
        return None
    busy = Draft(d.name, d.insert(given, running).entries)
    taken = [again(busy, p) for p in busy.answers(given + 1) if p > at + 1]
    return busy.end(at + 2, *taken, ACTIVE, over, named=[at + 1, at + 2 + len(taken)])


@mutation("RSP014", places=requests)
def input_into_the_conversation(d: Draft, at: int) -> Mutant:
    """A request has an input of its own, and its answer goes into the conversation."""
    content = [{"type": "input_text", "text": "Sum up."}]
    return d.put(at, "response", {"input": [{"type": "message", "role": "user", "content": content}]})


@mutation("RSP015", places=requests)
def reference_to_an_unknown_item(d: Draft, at: int) -> Mutant:
    """A request refers to an item that never was."""
    return d.put(at, "response", {"conversation": "none", "input": [{"type": "item_reference", "id": "item_no"}]})


@mutation("RSP016", places=requests)
def output_in_the_input(d: Draft, at: int) -> Mutant:
    """A request's input has a tool's output without its call."""
    output = {"type": "function_call_output", "call_id": "call_1", "output": "{}"}
    return d.put(at, "response", {"conversation": "none", "input": [output]})


@mutation("RSP012", places=requests)
def instructions_of_its_own(d: Draft, at: int) -> Mutant | None:
    """A request has instructions, which replace the session's."""
    if not any(d.get(u, "session.instructions") for u in d.server("session.updated") if u < at):
        return None
    return d.put(at, "response", {"instructions": "Greet the user."})


@mutation("RSP013", places=spoken)
def unlabelled_beside_another(d: Draft, at: int) -> Mutant:
    """A response beside the conversation is asked for without metadata, while another one runs."""
    return d.insert(_deltas(d, at)[0] + 1, client("response.create", response={"conversation": "none"}))


@mutation("RSP017", places=spoken)
def cancel_of_nothing(d: Draft, at: int) -> Mutant | None:
    """The client cancels while nothing is in progress."""
    end = d.ends_at
    return d.insert(end, client("response.cancel")) if done(d)[-1] < end else None


@mutation("RSP018", places=spoken)
def cancel_of_an_unknown_response(d: Draft, at: int) -> Mutant:
    """The client cancels a response that never was."""
    return d.insert(_deltas(d, at)[0] + 1, client("response.cancel", response_id="resp_no"))


@mutation("ENV006", "ENV012", places=requests)
def misspelt_member_of_a_request(d: Draft, at: int) -> Mutant | None:
    """A request has a setting whose name nobody knows."""
    return None if d.is_beta else d.put(at, "response", {"instruction": "Be brief.", "metadata": {"a": "b"}})


# what the server does


@mutation("RSP003", places=requests, why="create-unanswered")
def request_unanswered(d: Draft, at: int) -> Mutant:
    """The server neither begins a response nor refuses it."""
    return d.end(at + 1, named=[at])


@mutation("RSP004", places=begun, why="response-running")
def response_never_done(d: Draft, at: int) -> Mutant:
    """A response begins and brings nothing any more."""
    return d.end(at + 1, named=[at])


def _ends(d: Draft, at: int, status: str, details: Body) -> Mutant:
    response = {**d.get(at, "response"), "status": status, "status_details": details, "output": []}
    return d.end(at + 1, server("response.done", event_id="event_done", response=response))


@mutation("RSP005", places=begun, why="response-failed")
def response_failed(d: Draft, at: int) -> Mutant:
    """A response fails."""
    error = {"type": "server_error", "code": "server_error", "message": "The server had an error."}
    return _ends(d, at, "failed", {"type": "failed", "error": error})


@mutation("RAT002", places=begun, why="rate-limit")
def response_over_the_rate_limit(d: Draft, at: int) -> Mutant:
    """A response fails because of a rate limit."""
    error = {"type": "requests", "code": "rate_limit_exceeded", "message": "Rate limit reached."}
    return _ends(d, at, "failed", {"type": "failed", "error": error})


@mutation("RSP005", places=begun, why="account")
def response_without_credit(d: Draft, at: int) -> Mutant:
    """A response fails because the account has no credit."""
    error = {"type": "insufficient_quota", "code": "insufficient_quota", "message": "You exceeded your quota."}
    return _ends(d, at, "failed", {"type": "failed", "error": error})


@mutation("RSP006", places=begun, why="max-tokens")
def response_out_of_tokens(d: Draft, at: int) -> Mutant:
    """A response stops at its limit before anything can be heard."""
    return _ends(d, at, "incomplete", {"type": "incomplete", "reason": "max_output_tokens"})


@mutation("RSP007", places=begun, why="content-filter")
def response_filtered(d: Draft, at: int) -> Mutant:
    """The content filter stops a response."""
    return _ends(d, at, "incomplete", {"type": "incomplete", "reason": "content_filter"})


@mutation("RSP009", places=begun, why="cancelled")
def response_cancelled_by_nobody(d: Draft, at: int) -> Mutant:
    """A response is cancelled by the client, which did not cancel it."""
    return _ends(d, at, "cancelled", {"type": "cancelled", "reason": "client_cancelled"})


@mutation("RSP010", places=begun, why="empty-response")
def response_empty(d: Draft, at: int) -> Mutant:
    """A response is completed and brings nothing."""
    return _ends(d, at, "completed", {})


@mutation("RSP011", places=spoken, why="text-instead-of-audio", of=("tool-call", "sim-tools", "sim-voice", "sim-pcm"))
def text_instead_of_audio(d: Draft, at: int) -> Mutant:
    """A session that speaks answers in text."""
    response_id = d.response_at(at)
    own = set(d.of_response(response_id))
    added = next(p for p in d.server("response.output_item.added") if p in own)
    text = {"type": "output_text", "text": "It rains."}
    item = {**d.get(added, "item"), "status": "completed", "content": [text]}
    place = {"response_id": response_id, "item_id": item["id"], "output_index": 0, "content_index": 0}
    response = {**d.get(at, "response"), "output": [item]}
    return d.end(
        added + 1,
        server("response.output_text.delta", **place, delta="It rains."),
        server("response.output_text.done", **place, text="It rains."),
        server("response.output_item.done", response_id=response_id, output_index=0, item=item),
        server("response.done", response=response),
        named=[added + 4],
    )


@mutation("OUT003", places=spoken, why="audio-missing")
def audio_deltas_dropped(d: Draft, at: int) -> Mutant | None:
    """Something on the way drops the audio of an answer."""
    if at != spoken(d)[-1]:
        return None
    return d.drop(_deltas(d, at), at=[at])


# the order and the pieces


@mutation("RSP022", places=spoken)
def done_before_its_last_delta(d: Draft, at: int) -> Mutant:
    """A response is done before its last audio comes."""
    return d.move(_deltas(d, at)[-1], at + 1)


@mutation("RSP022", places=spoken)
def delta_of_an_unknown_response(d: Draft, at: int) -> Mutant:
    """A delta names a response that never began."""
    return d.put(_deltas(d, at)[0], "response_id", "resp_no")


@mutation("RSP022", places=ga_only(begun))
def beginning_of_a_response_dropped(d: Draft, at: int) -> Mutant | None:
    """What a response brings comes without its beginning."""
    first = next((p for p in d.of_response(d.response_at(at)) if p > at), None)
    return d.drop([at], at=[first]) if first is not None else None


@mutation("RSP022", places=done)
def response_done_twice(d: Draft, at: int) -> Mutant | None:
    """A response is done twice."""
    return None if d.is_beta else d.insert(at + 1, again(d, at))


@mutation("RSP022", "RSP004", places=begun)
def response_begun_twice(d: Draft, at: int) -> Mutant | None:
    """A response begins twice."""
    return None if d.is_beta else d.insert(at + 1, again(d, at))


@mutation("RSP022", places=ga_only(lambda d: d.server("response.output_item.added")))
def wrong_output_index(d: Draft, at: int) -> Mutant:
    """An item stands at a place of the response that is not the next one."""
    return d.put(at, "output_index", 5)


def _several_deltas(d: Draft) -> list[int]:
    kind = "response.output_audio_transcript.delta"
    done_ids = {d.get(p, "item_id") for p in d.server("response.output_audio_transcript.done")}
    return [at for at in d.server(kind) if d.get(at, "item_id") in done_ids]


@mutation("OUT004", places=_several_deltas)
def wrong_content_index(d: Draft, at: int) -> Mutant | None:
    """A piece of an answer belongs to a part that the item does not have."""
    changed = Draft(d.name, d.put(at, "content_index", 3).entries)
    return Mutant([*changed.entries], frozenset(p + 1 for p in _ends_of(d, at))) if _several(d, at) else None


@mutation("RSP022", places=_several_deltas)
def wrong_item_of_a_delta(d: Draft, at: int) -> Mutant | None:
    """A piece of an answer names an item that never was."""
    added = d.before(at, d.server("response.output_item.added"))
    return d.put(at, "item_id", "item_no") if added is not None else None


@mutation("OUT004", places=lambda d: d.server("response.function_call_arguments.delta"))
def arguments_delta_dropped(d: Draft, at: int) -> Mutant | None:
    """A piece of a call's arguments is lost."""
    own = [p for p in d.server("response.function_call_arguments.delta") if d.get(p, "call_id") == d.get(at, "call_id")]
    ends = [p for p in d.server("response.function_call_arguments.done") if d.get(p, "call_id") == d.get(at, "call_id")]
    return d.drop([at], at=ends) if len(own) > 1 else None


def _several(d: Draft, at: int) -> bool:
    kind = "response.output_audio_transcript.delta"
    return len([p for p in d.server(kind) if d.get(p, "item_id") == d.get(at, "item_id")]) > 1


def _ends_of(d: Draft, at: int) -> list[int]:
    kind = "response.output_audio_transcript.done"
    return [p for p in d.server(kind) if d.get(p, "item_id") == d.get(at, "item_id")]


@mutation("OUT004", places=_several_deltas)
def transcript_delta_dropped(d: Draft, at: int) -> Mutant | None:
    """A piece of the transcript is lost."""
    return d.drop([at], at=_ends_of(d, at)) if _several(d, at) else None


@mutation("OUT004", places=lambda d: d.server("response.output_audio_transcript.done"))
def transcript_changed_at_its_end(d: Draft, at: int) -> Mutant | None:
    """The whole transcript is not what its pieces say."""
    own = [p for p in d.server("response.output_audio_transcript.delta") if d.get(p, "item_id") == d.get(at, "item_id")]
    return d.put(at, "transcript", "Something else entirely.") if own else None


@mutation("OUT004", places=lambda d: d.server("response.output_text.done"))
def text_changed_at_its_end(d: Draft, at: int) -> Mutant | None:
    """The whole text is not what its pieces say."""
    return None if d.is_beta else d.put(at, "text", "Something else entirely.")


@mutation("RSP023", places=lambda d: done(d)[1:])
def answer_said_twice(d: Draft, at: int) -> Mutant | None:
    """An answer is said twice, as if asked for twice."""
    own = d.of_response(d.response_at(at))
    if not _deltas(d, at) or own[0] > at or len(str(d.get(at, "response.output"))) < 300:
        return None  # a few words may be said twice
    ids = {d.response_at(at), *(str(d.get(p, "item_id") or d.get(p, "item.id")) for p in own)} - {"None"}
    return d.insert(at + 1, *[(Side.SERVER, _renamed(d.body(p), ids)) for p in own])


def _renamed(body: Body, ids: set[str]) -> Body:
    text = orjson.dumps(body).decode()
    for name in ids:
        text = text.replace(f'"{name}"', f'"{name}_again"')
    found: Body = orjson.loads(text)
    return found
