from __future__ import annotations

from pathlib import Path

import pytest

from realtime_inspector.protocol.realtime.audio import AudioFormat
from realtime_inspector.recording.sounds import sound
from realtime_inspector.tui import waveform
from realtime_inspector.tui.rows import Formats
from realtime_inspector.tui.study import Study
from realtime_inspector.tui.waveform import STEP_S, Waveform
from tests.tui import sample

CALL = """
> {"type":"input_audio_buffer.append","audio":"<200ms speech>"}
+100ms > {"type":"input_audio_buffer.append","audio":"<200ms speech>"}
+1000ms < {"type":"response.output_audio.delta","item_id":"i1","delta":"<400ms speech>"}
+10ms < {"type":"response.output_audio.delta","item_id":"i1","delta":"<400ms speech>"}
+300ms > {"type":"conversation.item.truncate","item_id":"i1","audio_end_ms":300}
+100ms < {"type":"response.output_audio.delta","item_id":"i2","delta":"<100ms speech>"}
x
"""


def listen(path: Path) -> Waveform:
    study = Study(path)
    study.read_on(lambda: True)
    heard = Waveform(study.index)
    while not heard.step(Formats(), lambda: False):
        pass
    study.close()
    return heard


def spans(levels: bytearray) -> list[tuple[int, int]]:
    """Return the first and last step of each stretch of sound."""
    found: list[tuple[int, int]] = []
    for at, level in enumerate(levels):
        if level and found and at == found[-1][1] + 1:
            found[-1] = (found[-1][0], at)
        elif level:
            found.append((at, at))
    return found


def test_the_user_stands_where_it_was_sent_and_the_assistant_where_it_can_have_been_played(tmp_path: Path) -> None:
    heard = listen(sample.write(tmp_path / "call.jsonl", CALL))
    start = round(1.1 / STEP_S)
    assert spans(heard.user.levels) == [(0, 19)]  # the second piece came before the first was over
    assert spans(heard.assistant.levels) == [(start, start + 15), (75, 79)]
    assert [tuple(round(t, 1) for t in span) for span in heard.assistant.unheard] == [(1.4, 1.9)]
    assert not heard.left_out


def test_the_same_speech_is_as_loud_in_every_format() -> None:
    pcm = waveform.levels(sound("speech", 48000), AudioFormat("audio/pcm", 24000))
    mu_law = waveform.levels(sound("speech-mu-law", 8000), AudioFormat("audio/pcmu", 8000))
    assert len(pcm) == len(mu_law) == 50
    assert max(pcm) > 100
    assert sum(abs(a - b) for a, b in zip(pcm, mu_law, strict=True)) / 50 < 16
    assert max(waveform.levels(bytes(48000), AudioFormat("audio/pcm", 24000))) == 0


@pytest.mark.parametrize("audio", ['"!!!"', '"AAA"', "7", "null"])
def test_audio_that_is_none_is_passed_over(tmp_path: Path, audio: str) -> None:
    text = f'> {{"type":"input_audio_buffer.append","audio":{audio}}}\n> {{"type":"conversation.item.truncate"}}\nx'
    assert max(listen(sample.write(tmp_path / "call.jsonl", text)).user.levels, default=0) <= waveform.UNKNOWN


@pytest.mark.parametrize(("t", "size"), [("1e300", 960), ("0.1", 10**18)])
def test_a_time_or_a_size_that_is_nonsense_takes_no_memory(tmp_path: Path, t: str, size: int) -> None:
    path = sample.write(tmp_path / "call.jsonl", CALL)
    line = (
        f'{{"n":1,"t":{t},"from":"client","kind":"message","audio":{{"audio":{{"bytes":{size}}}}},'
        '"event":{"type":"input_audio_buffer.append","audio":""}}\n'
    )
    path.write_text(path.read_text().splitlines(keepends=True)[0] + line)
    assert not listen(path).user.levels


def test_where_audio_was_left_out_it_is_shown_that_there_was_some(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl", CALL)
    line = (
        '{"n":1,"t":0.1,"from":"client","kind":"message","audio":{"audio":{"bytes":9600}},'
        '"event":{"type":"input_audio_buffer.append","audio":""}}\n'
    )
    path.write_text(path.read_text().splitlines(keepends=True)[0] + line)
    heard = listen(path)
    assert heard.left_out
    assert bytes(heard.user.levels) == bytes(5) + bytes([waveform.UNKNOWN]) * 10
