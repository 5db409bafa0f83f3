"""Asked where the client names an audio format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import GaRule, may_be_openai
from realtime_inspector.protocol.event import Event, dig
from realtime_inspector.protocol.realtime import beta
from realtime_inspector.protocol.realtime.session import Session

_PATHS = {
    "session.update": ("session.audio.input.format", "session.audio.output.format"),
    "response.create": ("response.audio.output.format",),
}
_RATE = 24000


class PcmRate(GaRule):
    """A PCM format has no rate, or one that OpenAI does not take.

    Why: the server refuses the complete update (missing_required_parameter: …format.rate) and keeps its defaults.
    Fix: write {"type": "audio/pcm", "rate": 24000}; resample the audio if it has another rate.
    Limits: other servers take other rates; looked at for OpenAI, Azure, and where the host is not known. OpenAI's own
        example and SDK have the rate optional.
    Source: Realtime API reference, `session.audio.input.format`; confirmed by OpenAI's staff in public (2026-09-22).
    """

    id = "SES017"
    name = "pcm-rate"
    severity = Severity.ERROR
    on = tuple(_PATHS)
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 24000}}}}}
        > {"type": "response.create", "response": {"audio": {"output": {"format": {"type": "audio/pcmu"}}}}}
        """,
        """
        > GET /v1/realtime?model=a {"Host": "realtime.example.com"}
        < 101
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 16000}}}}}
        """,
        """
        < {"type": "session.created", "session": {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 16000}}}}}
        > {"type": "session.update", "session": {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 16000}}}}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type": "session.update", "session": {"audio": {"output": {"format": {"type": "audio/pcm"}}}}}  # SES017
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "audio": {}}}
        > {"type":"response.create","response":{"audio":{"output":{"format":{"type":"audio/pcm","rate":1}}}}}  # SES017
        > {"type": "response.create", "response": {"audio": {"output": {"format": {"type": "audio/pcm"}}}}}  # SES017
        """,
    )

    def judge(self, event: Event, session: Session) -> Iterator[Finding]:
        """Look at every PCM format."""
        if not may_be_openai(session):
            return
        for path in _PATHS[event.type]:
            found = event.get(path)
            rate = dig(found, "rate")
            if not isinstance(found, Mapping) or found.get("type") != "audio/pcm" or rate == _RATE:
                continue
            if rate is None:
                message = f'{path} is audio/pcm without a rate: add "rate": {_RATE}'
                yield self.finding(event, message, corrected=beta.event_to_ga(event.body))
            elif rate != dig(session.config, f"{path.partition('.')[2]}.rate"):
                yield self.finding(event, f"{path}.rate is {rate}, the API takes {_RATE}: resample the audio")
