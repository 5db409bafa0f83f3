"""FLAC and Opus, read back by libsndfile."""

from __future__ import annotations

import io
import sys

import pytest

from realtime_inspector.errors import UsageError
from realtime_inspector.formats import exports, packed, wav
from realtime_inspector.formats.exports import Wanted
from tests.formats.recorded import heard, recorded, spoke, tone

CALL = recorded(f"+1s > {spoke(tone(2400, 700))}\n< {heard('i1', tone(4800, -900))}\n+1s x")


def test_flac_has_every_sample_of_the_wav() -> None:
    soundfile = pytest.importorskip("soundfile")
    with soundfile.SoundFile(io.BytesIO(b"".join(packed.write(CALL, "flac")))) as file:
        assert (file.format, file.samplerate, file.channels) == ("FLAC", 24000, 2)
        assert bytes(file.buffer_read(dtype="int16")) == b"".join(wav.write(CALL))[44:]


def test_opus_is_as_long_as_the_wav_and_takes_what_the_wav_takes() -> None:
    soundfile = pytest.importorskip("soundfile")
    content = b"".join(exports.write(CALL, "opus", Wanted(side="assistant", heard=True)))
    with soundfile.SoundFile(io.BytesIO(content)) as file:
        assert (file.subtype, file.channels) == ("OPUS", 1)
        assert file.frames / file.samplerate == pytest.approx(2.002, abs=0.05)


@pytest.mark.parametrize("name", ["flac", "opus"])
def test_the_same_sound_is_the_same_bytes(name: str) -> None:
    pytest.importorskip("soundfile")
    assert list(packed.write(CALL, name)) == list(packed.write(CALL, name))


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(
        UsageError, match=r"--to flac needs soundfile; install it with `pip install 'realtime-inspector\[audio\]'`"
    ):
        list(packed.write(CALL, "flac"))
