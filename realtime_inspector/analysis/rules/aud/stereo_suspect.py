"""Two channels where one is expected."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis import acoustics
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.threshold import Threshold
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime import left_out
from realtime_inspector.protocol.realtime.session import Session

_SAID = '< {"type": "session.created", "session": {"audio": {"input": {"format": {"type": "audio/%s"}, "turn_detection": {"type": "server_vad"}}}}}\n'
_CHUNK = '+500ms > {{"type": "input_audio_buffer.append", "audio": "<500ms {0}>"}}{1}\n'


class StereoSuspect(Rule):
    """Every sample of the user's audio comes twice: stereo, most likely, where the session has one channel.

    Why: the server plays both channels one after the other: it hears speech at half its speed.
    Fix: send one channel: the left one, or the mean of both.
    Limits: acoustic (lint --acoustic). Information: audio whose rate was doubled by repeating samples looks the same;
        channels that differ are not found.
    Source: Realtime guide, "Audio formats": mono (read 2026-11-22).
    """

    id = "AUD018"
    name = "stereo-suspect"
    severity = Severity.INFO
    on = ("input_audio_buffer.append",)
    needs = frozenset({left_out.INPUT_AUDIO})
    once = True
    acoustic = True
    alike = Threshold(
        0.1, "of 1", "how much two neighbouring samples of a pair may differ, as a part of how much others do", most=1
    )
    good = (
        _SAID % "pcm" + _CHUNK.format("speech", "") * 9,
        _SAID % "pcm" + _CHUNK.format("noise", "") * 9,
        _SAID % "pcmu" + _CHUNK.format("speech-mu-law", "") * 9,
    )
    bad = (
        _SAID % "pcm" + _CHUNK.format("speech-stereo", "") * 4 + _CHUNK.format("speech-stereo", "  # AUD018"),
        _SAID % "pcm"
        + _CHUNK.format("speech", "") * 4
        + _CHUNK.format("speech-stereo", "") * 4
        + _CHUNK.format("speech", "  # AUD018"),
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare neighbours, two seconds at a time."""
        heard = acoustics.window(before)
        if (
            heard is not None
            and heard.rms >= acoustics.LOUD
            and heard.pairs < self.alike
            and heard.roughness < acoustics.ROUGH
        ):
            yield self.finding(
                event,
                "every sample of two seconds comes twice, as in stereo, and the session has one channel: the server hears speech at "
                "half its speed; send one channel",
            )
