"""What the assistant answers, as a file: turns in order, each with words, tool calls, and what follows their outputs.

    name = "weather"
    [pace]
    delay_ms = 120                      # from the request to the first output
    speed = 5.0                         # audio is made so much faster than it plays
    [[turn]]
    heard = "What is the weather?"      # what the transcription says if the user spoke
    when = ["weather"]                  # answers a user text with these words; without it, the next in order
    say = "Let me see."
    call = [{ name = "get_weather", arguments = { city = "Oslo" } }]
    then = { say = "It rains." }        # after the outputs of the calls
    [[turn]]
    mcp = [{ server_label = "docs", name = "search", arguments = { q = "tides" }, output = "Twice a day." }]
    then = { say = "Twice a day." }     # after the calls, which this server makes
    [[mcp]]
    server_label = "docs"               # a session may name it
    tools = [{ name = "search" }]

A scenario is written by people: what is wrong with one is said with its place. One that is not a list of turns is
written in Python: a `.py` file with a `scenario`, whose `choose` may be a function of what the user said.
"""

from __future__ import annotations

import runpy
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any

import orjson

from realtime_inspector.errors import UsageError, words_of

DEFAULT = "weather"
"""The scenario taken where none is named."""

_PACKAGE = "realtime_inspector.simulator"


@dataclass(frozen=True, slots=True)
class Call:
    """A function call of the assistant."""

    name: str
    arguments: str
    """JSON; a scenario may hold malformed text on purpose."""


@dataclass(frozen=True, slots=True)
class McpCall:
    """A call that the server makes itself, and what it comes to."""

    server_label: str
    name: str
    arguments: str
    """JSON."""
    output: str = ""
    error: Mapping[str, Any] | None = None
    """It fails, with this `type` (`protocol_error`, `tool_execution_error`, `http_error`), `code` and `message`."""
    approval_request_id: str | None = None
    """The request by which the client approved it."""


@dataclass(frozen=True, slots=True)
class McpServer:
    """A server that a session may name in its tools."""

    server_label: str
    tools: tuple[Mapping[str, Any], ...] = ()
    unreachable: bool = False
    """Its tools cannot be listed; so it is with a server that the scenario does not have."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One response of the assistant."""

    say: str = ""
    call: tuple[Call, ...] = ()
    mcp: tuple[McpCall, ...] = ()
    then: Reply | None = None
    """The response to the outputs of the calls; after calls of MCP tools, the end of the same one."""
    delay_ms: float | None = None
    """Instead of the scenario's."""
    duration_ms: float | None = None
    """How long the speech plays; without it, as long as the words take."""
    fail: Mapping[str, str] | None = None
    """Ends as failed, with this `type`, `code` and `message`."""
    stop: str = ""
    """Ends as incomplete after its words: `max_output_tokens` or `content_filter`."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the user is held to have said, and the answer."""

    reply: Reply
    heard: str = ""
    when: tuple[str, ...] = ()
    unfinished: bool = False
    """The user's words sound unfinished: semantic voice detection waits its longest."""
    transcription_error: Mapping[str, str] | None = None
    """Nothing is transcribed; the transcription fails with this `type`, `code` and `message`."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the assistant works."""

    delay_ms: float = 120
    speed: float = 5.0
    """Seconds of audio made in a second."""
    chunk_ms: float = 200
    """Audio in one delta."""
    transcription_ms: float = 80
    """From the commit to the first words of the user's transcript."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A conversation as the assistant plays it."""

    name: str
    turns: tuple[Turn, ...] = ()
    about: str = ""
    pace: Pace = Pace()
    fallback: str = "I have nothing more to say about that."
    """The answer where no turn is left."""
    waiting: str = "I am still waiting for the result."
    """The answer to a request made while a call has no output."""
    aside: str = "ok"
    """The answer of every response outside the conversation."""
    repeat: bool = False
    """Begin again after the last turn."""
    declined: str = "All right, I will not do that."
    """The answer where the client does not approve a call."""
    mcp: tuple[McpServer, ...] = ()
    no_access: tuple[str, ...] = ()
    """Models that the key may not use: a socket opens, and every response fails."""
    choose: Callable[[str], Reply | str | None] | None = None
    """Gives the answer to what the user said since the last one; None leaves it to the turns. Python alone."""
    context_tokens: int | None = None
    """Input that a response can have; that of the model, if not given."""

    def faster(self, times: float) -> Scenario:
        """Return the same conversation, so many times faster; infinite for as fast as can be."""
        pace = self.pace
        quick = Pace(
            delay_ms=pace.delay_ms / times,
            speed=min(pace.speed * times, _FASTEST),
            chunk_ms=pace.chunk_ms,
            transcription_ms=pace.transcription_ms / times,
        )
        return replace(self, pace=quick)


_MOST = 3_600_000
"""No number of a scenario is larger: no session lasts longer than an hour."""
_FASTEST = 100_000.0
"""Seconds of audio made in a second, where nobody wants to wait."""


def load(name_or_path: str) -> Scenario:
    """Return a scenario of this package by its name, or one of a file.

    Raises:
        UsageError: If there is none, or it is wrong; with its place.
    """
    if name_or_path in names():
        text = resources.files(_PACKAGE).joinpath("scenarios", f"{name_or_path}.toml").read_text("utf-8")
        return parse(text, name_or_path)
    path = Path(name_or_path)
    if path.suffix not in {".toml", ".py"} and not path.exists():
        raise UsageError(f"no scenario {name_or_path!r}: known are {', '.join(names())}; or give a .toml or .py file")
    if path.suffix == ".py":
        return _python(path)
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise UsageError(
            f"{path}: {words_of(error)}; give a scenario's file, or one of {', '.join(names())}"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from None


def _python(path: Path) -> Scenario:
    """Run a file of the user's and return the scenario it defines."""
    if not path.is_file():
        raise UsageError(f"{path}: no such file; give a scenario's file, or one of {', '.join(names())}")
    try:
        found = runpy.run_path(str(path)).get("scenario")
    except (Exception, SystemExit) as error:  # the user's own code may raise anything
        raise UsageError(f"{path}: {type(error).__name__}: {error}") from error
    if not isinstance(found, Scenario):
        raise UsageError(f"{path}: no `scenario`; it is a realtime_inspector.simulator.Scenario")
    return found


def names() -> list[str]:
    """Return the scenarios of this package."""
    folder = resources.files(_PACKAGE).joinpath("scenarios")
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))


def parse(text: str, source: str) -> Scenario:
    """Read a scenario; `source` stands in the messages.

    Raises:
        UsageError: If it is wrong, with the first thing and its place.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source}: not TOML: {str(error)[0].lower()}{str(error)[1:]}") from None
    turns, servers = table.pop("turn", []), table.pop("mcp", [])
    pace = table.pop("pace", {})
    for name, value in (("turn", turns), ("mcp", servers)):
        if not isinstance(value, list):
            raise UsageError(f"{source}: {name}: write each as a [[{name}]] of its own")
    _check(table, {field.name for field in fields(Scenario)} - {"turns", "choose"} | {"turn"}, source)
    table.setdefault("name", Path(source).stem)
    numbers = {"context_tokens": _tokens(table.pop("context_tokens", None), f"{source}: context_tokens")}
    no_access = table.pop("no_access", [])
    if not isinstance(no_access, list) or not all(isinstance(model, str) for model in no_access):
        raise UsageError(f"{source}: no_access: give a list of models")
    for name, value in table.items():
        _typed(value, bool if name == "repeat" else str, f"{source}: {name}")
    read = tuple(_turn(turn, f"{source}: turn {number}") for number, turn in enumerate(turns, 1))
    known = tuple(_server(server, f"{source}: mcp {number}") for number, server in enumerate(servers, 1))
    more: dict[str, Any] = {"no_access": tuple(no_access), **numbers}
    return Scenario(**table, turns=read, pace=_pace(pace, f"{source}: pace"), mcp=known, **more)


def _tokens(value: Any, where: str) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value <= 0):
        raise UsageError(f"{where}: {value!r}; give a whole number above it")
    return value


def _server(table: Any, where: str) -> McpServer:
    _check(table, {"server_label", "tools", "unreachable"}, where)
    if not table.get("server_label"):
        raise UsageError(f'{where}: no "server_label"')
    tools = table.get("tools", [])
    if not isinstance(tools, list) or not all(isinstance(tool, dict) and tool.get("name") for tool in tools):
        raise UsageError(f"{where}: tools: give a list of tools: [{{ name = …, description = … }}]")
    for number, tool in enumerate(tools, 1):
        _check(tool, {"name", "description", "input_schema", "annotations"}, f"{where}: tool {number}")
    whole = tuple({"input_schema": {"type": "object"}, **tool} for tool in tools)
    unreachable = _typed(table.get("unreachable", False), bool, f"{where}: unreachable")
    return McpServer(_typed(table["server_label"], str, f"{where}: server_label"), whole, unreachable)


def _pace(table: Any, where: str) -> Pace:
    _check(table, {field.name for field in fields(Pace)}, where)
    for name, value in table.items():
        _positive(value, f"{where}.{name}")
    for name in ("speed", "chunk_ms"):
        if table.get(name) == 0:
            raise UsageError(f"{where}.{name}: 0; give a number above it")
    return Pace(**table)


def _turn(table: Any, where: str) -> Turn:
    own = {"heard", "when", "unfinished", "transcription_error"}
    _check(table, own | _REPLY, where)
    when = table.get("when", [])
    if not isinstance(when, list) or not all(isinstance(word, str) for word in when):
        raise UsageError(f"{where}: when: give a list of words")
    heard = _typed(table.get("heard", ""), str, f"{where}: heard")
    unfinished = _typed(table.get("unfinished", False), bool, f"{where}: unfinished")
    error = table.get("transcription_error")
    if error is not None:
        _check(error, {"type", "code", "message"}, f"{where}: transcription_error")
    reply = _reply({name: value for name, value in table.items() if name not in own}, where)
    return Turn(reply, heard, tuple(word.lower() for word in when), unfinished, error)


_REPLY = {field.name for field in fields(Reply)}


def _reply(table: Any, where: str) -> Reply:
    _check(table, _REPLY, where)
    members = dict(table)
    calls, remote = members.pop("call", []), members.pop("mcp", [])
    then = members.pop("then", None)
    if not any(name in table for name in ("say", "call", "mcp", "fail")):
        raise UsageError(f'{where}: no answer; give "say", "call", "mcp" or "fail"')
    if then is not None and not calls and not remote:
        raise UsageError(f'{where}: "then" without "call": it answers the outputs of calls')
    if calls and remote:
        raise UsageError(f'{where}: "call" and "mcp" in one answer; put one of them into "then"')
    _check_members(members, where)
    return Reply(
        **members,
        call=tuple(_call(call, f"{where}: call {number}") for number, call in enumerate(_list(calls, where), 1)),
        mcp=tuple(_mcp_call(call, f"{where}: mcp {number}") for number, call in enumerate(_list(remote, where), 1)),
        then=None if then is None else _reply(then, f"{where}: then"),
    )


def _check_members(members: Mapping[str, Any], where: str) -> None:
    _typed(members.get("say", ""), str, f"{where}: say")
    for name in ("delay_ms", "duration_ms"):
        if name in members:
            _positive(members[name], f"{where}: {name}")
    if members.get("stop", "") not in ("", "max_output_tokens", "content_filter"):
        raise UsageError(f"{where}: stop: {members['stop']!r}; known are max_output_tokens, content_filter")
    if "fail" in members:
        _check(members["fail"], {"type", "code", "message"}, f"{where}: fail")


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise UsageError(f"{where}: call: give a list of calls: [{{ name = …, arguments = {{ … }} }}]")
    return value


def _call(table: Any, where: str) -> Call:
    _check(table, {"name", "arguments"}, where)
    if not table.get("name"):
        raise UsageError(f'{where}: no "name"')
    arguments = table.get("arguments", {})
    if not isinstance(arguments, dict | str):
        raise UsageError(f"{where}: arguments: give a table, or a string to be sent as it is")
    text = arguments if isinstance(arguments, str) else orjson.dumps(arguments, default=str).decode()
    return Call(_typed(table["name"], str, f"{where}: name"), text)


def _mcp_call(table: Any, where: str) -> McpCall:
    _check(table, {"server_label", "name", "arguments", "output", "error"}, where)
    members = dict(table)
    label = _typed(members.pop("server_label", ""), str, f"{where}: server_label")
    error = members.pop("error", None)
    output = _typed(members.pop("output", ""), str, f"{where}: output")
    if not label:
        raise UsageError(f'{where}: no "server_label"')
    if error is not None:
        _check(error, {"type", "code", "message"}, f"{where}: error")
        error = {"type": "tool_execution_error", **error}
    call = _call(members, where)
    return McpCall(label, call.name, call.arguments, output, error)


def _check(table: Any, known: set[str], where: str) -> None:
    if not isinstance(table, dict):
        raise UsageError(f"{where}: {table!r} is not a table")
    for name in table:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
            raise UsageError(f"{where}: {name!r} is unknown; {hint}")


def _typed(value: Any, kind: type, where: str) -> Any:
    if not isinstance(value, kind):
        wanted = {str: "text in quotes", bool: "true or false"}[kind]
        raise UsageError(f"{where}: {value!r}; give {wanted}")
    return value


def _positive(value: Any, where: str) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not value >= 0:
        raise UsageError(f"{where}: {value!r}; give a number of 0 or more")
    if value > _MOST:
        raise UsageError(f"{where}: {value!r}; give at most {_MOST}")
