"""What can keep the assistant from answering, each told from the session as it was when the silence ended.

The order is that of the chain an answer goes through, from its end: a response that was asked for and did not begin, or
began and brought nothing to hear, an output or a message that nobody asked an answer for, speech that did not become a
turn, and nothing said at all. What stands nearest to the answer is why there is none.
"""

from __future__ import annotations

from collections.abc import Callable

from realtime_inspector.analysis.causes import calling, connection, reported, responding, resting, saying, streaming
from realtime_inspector.analysis.causes.view import Cause, Confidence, Evidence, View

__all__ = ["Cause", "Confidence", "Evidence", "View", "find"]

_OF_SETTINGS = frozenset(
    {"no-speech-heard", "audio-not-committed", "nobody-spoke", "commit-without-response", "commit-without-create"}
    | {"create-response-off", "commit-while-responding", "speech-never-stops", "text-instead-of-audio", "unknown"}
)
"""What a refused configuration is the root of, as far as can be told."""

_ORDER: tuple[Callable[[View], Cause | None], ...] = (
    connection.refused,
    connection.silent,
    connection.account,
    responding.asked_in_vain,
    connection.closed_early,
    responding.in_progress,
    responding.ended_badly,
    calling.left_open,
    responding.server_call,
    responding.unheard,
    responding.beside_the_conversation,
    calling.late_output,
    saying.message,
    saying.commit_refused,
    saying.committed,
    saying.speaking,
    saying.cleared,
    connection.closed_idle,
    reported.refused_audio,
    saying.uncommitted,
    resting.answered,
    reported.server_error,
    reported.unreadable,
    saying.unheard_audio,
)


def find(view: View) -> Cause:
    """Return why the assistant did not answer in a silence that no answer ended."""
    if view.state.is_streamed:
        return streaming.find(view)
    found = next((cause for diagnose in _ORDER if (cause := diagnose(view)) is not None), None) or resting.nothing(view)
    configuration = resting.configuration(view)
    return configuration if configuration is not None and found.label in _OF_SETTINGS else found
