"""A drive of which a recording is kept: its key, its header, and what is written of the connection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from realtime_inspector import __version__
from realtime_inspector.capture.recorder import make_id
from realtime_inspector.capture.upstream import client_context
from realtime_inspector.errors import UpstreamError, UsageError
from realtime_inspector.recording.entry import Entry, Header
from realtime_inspector.recording.keeping import Keeper
from realtime_inspector.recording.redact import Redactor
from realtime_inspector.replay.client import drive
from realtime_inspector.replay.cues import Plan
from realtime_inspector.replay.driven import Driven
from realtime_inspector.replay.driver import Drive
from realtime_inspector.replay.target import Target

KEY = "OPENAI_API_KEY"
"""The variable that holds the key, if no other is named."""


def with_key(target: Target, environment: Mapping[str, str], name: str = KEY, *, hint: str = "") -> Target:
    """Return a target with the key that a variable holds; a server of this machine takes any.

    Raises:
        UsageError: If it is not set; `hint` says what else could be done.
    """
    key = environment.get(name, "")
    if key:
        return target.with_key(key)
    if target.is_local:
        return target.with_key("none")
    raise UsageError(f"{name} is not set; set it to the key{hint}")


def redactor(environment: Mapping[str, str], name: str = KEY) -> Redactor:
    """Return what keeps secrets out of the new recording: the key too, whatever its variable is called."""
    return Redactor.from_environment({**environment, f"{name}_KEY": environment.get(name, "")})


def header(plan: Plan, target: Target) -> Header:
    """Return the header of the new recording, which begins now."""
    now = time.time()
    return Header(
        id=make_id(now),
        started=datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        tool=f"realtime-inspector {__version__}",
        via="drive",
        url=target.url,
        tags={"drives": plan.header.id} if plan.header is not None else {},
    )


def name_of(made: Header) -> str:
    """Return the name of the new recording's file, as `proxy` would call it."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}_{made.id}.jsonl"


async def drive_kept(
    plan: Plan,
    target: Target,
    options: Drive,
    keeper: Keeper,
    *,
    stop: asyncio.Event,
    ca: Path | None = None,
    observe: Callable[[Entry], object] = lambda entry: None,
) -> Driven:
    """Play a recording's client against a server, and write what comes of it.

    A server that cannot be reached at all leaves no file behind.

    Raises:
        UpstreamError: If the server cannot be reached, or refuses the connection.
    """

    def note(entry: Entry) -> None:
        keeper.add(entry)
        observe(entry)

    target = replace(target, tls=client_context(ca)) if target.encrypted else target
    try:
        return await drive(plan, target, options, observe=note, stop=stop)
    except UpstreamError:
        if not keeper.entries:
            keeper.path.unlink(missing_ok=True)
        raise
