"""The state of a Realtime session, folded from its events.

Beta names are read as their GA counterparts; an unknown event changes nothing but the counters. What each event
changes is in `changes/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from realtime_inspector.protocol.event import (
    WIRE_BINARY,
    WIRE_CLOSE,
    WIRE_END,
    WIRE_MALFORMED,
    WIRE_REQUEST,
    WIRE_RESPONSE,
    WIRE_UNTYPED,
    Event,
)
from realtime_inspector.protocol.realtime.catalogue import BETA_TO_GA, ga_name
from realtime_inspector.protocol.realtime.changes import (
    failing,
    hearing,
    items,
    responding,
    settings,
    streaming,
    tools,
    waiting,
)
from realtime_inspector.protocol.realtime.conversation import At
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.recording.entry import Header


class Session(State):
    """A session's state and the only way to change it."""

    def begin(self, header: Header) -> None:
        """Take in what a recording's first line says."""
        super().begin(header)
        settings.note_upstream(self)

    def speak(self, dialect: str) -> None:
        """Take a dialect as given, whatever is seen of another.

        Raises:
            ValueError: If there is none of that name.
        """
        settings.take_dialect(self, dialect)

    def apply(self, event: Event) -> None:
        """Take one event in. Whatever the event holds, this does not raise."""
        self.now = max(self.now, event.t)
        self.events += 1
        seen = self.counts.get(event.type, 0)
        self.counts[event.type] = seen + 1
        if not seen:
            settings.note_server(self, event)
        if event.is_wire:
            self._apply_wire(event)
        elif event.from_client:
            waiting.note(self, event)
            self._call(_CLIENT, event.type, event)
        elif event.from_server:
            self._apply_server(event)

    def _apply_wire(self, event: Event) -> None:
        if event.from_client and event.type in {WIRE_BINARY, WIRE_MALFORMED, WIRE_UNTYPED}:
            waiting.note(self, event)  # the server answers it too, with an error
        self._call(_WIRE, event.type, event)

    def _apply_server(self, event: Event) -> None:
        if self.first_server is None:
            self.first_server = At(event.n, event.t)
        if not self.dialect:
            settings.note_dialect(self, event.type, BETA_TO_GA)
        self._call(_SERVER, ga_name(event.type), event)

    def _call(self, handlers: _Handlers, event_type: str, event: Event) -> None:
        handler = handlers.get(event_type)
        if handler is not None:
            handler(self, event)


_Handlers = Mapping[str, Callable[[State, Event], object]]

_WIRE: _Handlers = {
    WIRE_REQUEST: settings.on_request,
    WIRE_RESPONSE: settings.on_http_response,
    WIRE_CLOSE: settings.on_close,
    WIRE_END: settings.on_end,
}
_CLIENT: _Handlers = {
    "session.update": settings.on_update,
    "transcription_session.update": settings.on_update,
    "input_audio_buffer.append": hearing.on_append,
    "input_audio_buffer.commit": hearing.on_commit,
    "input_audio_buffer.clear": hearing.on_clear,
    "conversation.item.create": items.on_create,
    "conversation.item.truncate": items.on_truncate,
    "response.create": responding.on_create,
    "response.cancel": responding.on_cancel,
    "session.start": settings.on_update,
    "session.input_audio_buffer.append": hearing.on_append,
    "session.input_audio.append": hearing.on_append,
    "response.item.create": streaming.on_item,
    "session.instructions.append": streaming.on_given,
    "session.thinking.append": streaming.on_given,
    "session.commentary.append": streaming.on_given,
}
_SERVER: _Handlers = {
    "session.created": settings.on_created,
    "session.updated": settings.on_updated,
    "input_audio_buffer.cleared": hearing.on_cleared,
    "input_audio_buffer.committed": hearing.on_committed,
    "input_audio_buffer.speech_started": hearing.on_speech_started,
    "input_audio_buffer.speech_stopped": hearing.on_speech_stopped,
    "input_audio_buffer.timeout_triggered": hearing.on_timeout,
    "conversation.item.added": items.on_added,
    "conversation.item.done": items.on_done,
    "conversation.item.created": items.on_created,
    "conversation.item.retrieved": items.on_retrieved,
    "conversation.item.truncated": items.on_truncated,
    "conversation.item.deleted": items.on_deleted,
    "conversation.item.input_audio_transcription.delta": hearing.on_transcription,
    "conversation.item.input_audio_transcription.completed": hearing.on_transcription,
    "conversation.item.input_audio_transcription.failed": hearing.on_transcription,
    "response.created": responding.on_created,
    "response.done": responding.on_done,
    "response.output_item.added": responding.on_output_item,
    "response.output_item.done": responding.on_output_item,
    "response.function_call_arguments.delta": responding.on_arguments_delta,
    "response.function_call_arguments.done": tools.on_arguments_done,
    "response.mcp_call_arguments.delta": responding.on_delta,
    "mcp_list_tools.in_progress": tools.on_listing,
    "mcp_list_tools.completed": tools.on_listing,
    "mcp_list_tools.failed": tools.on_listing,
    "response.output_text.delta": responding.on_text_delta,
    "response.output_text.done": responding.on_text_done,
    "response.output_audio_transcript.delta": responding.on_transcript_delta,
    "response.output_audio_transcript.done": responding.on_transcript_done,
    "response.output_audio.delta": responding.on_audio_delta,
    "session.started": settings.on_started,
    "session.input_audio.append": hearing.on_append,  # as a sideband to a call is shown it
    "session.input_transcript.delta": streaming.on_heard,
    "session.output_transcript.delta": streaming.on_said,
    streaming.SOUND: streaming.on_sound,
    "session.closed": streaming.on_closed,
    "session.delegation.created": streaming.on_delegation,
    "response.event": streaming.on_response_event,
    "error": failing.on_error,
    "rate_limits.updated": failing.on_rate_limits,
}
