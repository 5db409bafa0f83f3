"""Edge: a protocol-true Realtime server without a model; the upstream of the demo and of the tests.

    scenario    what the assistant answers, from a file        prompter   which answer is next
    exchange    client events and the time in, events out      schedule   what is due when
    machine     what the events of a session hold              ids        names of everything
    config      the session and its updates                    shape      what a value may be, errors if it is not
    items, conversation   what the conversation holds          usage      tokens
    listening, vad        the user's turn                      speaking   the assistant's turn
    mcp                   tools this server calls itself       context    what the model still reads
    voice, g711           audio made here                      beta       the dialect before
    translation, live     sessions without turns               frames     what is said in them
    door, server, thread  HTTP and WebSocket

`Simulator`, `Scenario`, `Turn`, `Reply`, `Call`, and `simulating`, which runs one in a thread, are imported on first
use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from realtime_inspector.simulator.scenario import Call as Call
    from realtime_inspector.simulator.scenario import Reply as Reply
    from realtime_inspector.simulator.scenario import Scenario as Scenario
    from realtime_inspector.simulator.scenario import Turn as Turn
    from realtime_inspector.simulator.server import Simulator as Simulator
    from realtime_inspector.simulator.thread import simulating as simulating

_HOMES = {
    **dict.fromkeys(("Call", "Reply", "Scenario", "Turn"), "scenario"),
    "Simulator": "server",
    "simulating": "thread",
}


def __getattr__(name: str) -> Any:
    """Import a public name on its first use: the server needs a WebSocket library, a scenario does not."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
