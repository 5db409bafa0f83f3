"""Work that may never end, done in a process of its own that can be ended.

A regular expression is such work: it keeps the interpreter to itself, so that no thread could stop it, nor answer.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from realtime_inspector.errors import InspectorError, UsageError


def within(limit_s: float, work: Callable[..., Any], *arguments: Any) -> Any:
    """Return what work gives; both it and its arguments have to be such that they can be sent.

    Raises:
        TimeoutError: If it takes longer; it has been ended.
        UsageError: If it raises an error of ours, in the same words.
        InspectorError: If the process ended without an answer.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, work, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(limit_s):
            raise TimeoutError
        refusal, answer = ours.recv()
    except EOFError:
        raise InspectorError("the process that worked on it has ended without an answer") from None
    finally:
        process.kill()
        process.join()
        ours.close()
    if refusal:
        raise UsageError(refusal)
    return answer


def _work(out: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        out.send(("", work(*arguments)))
    except InspectorError as error:
        out.send((str(error), None))
