"""Sound and its captions."""

from __future__ import annotations

from formats_checked.place import Objection, Place, Verdict, node_version, ran, said, tool, version

SOUNDFILE = """
import sys, soundfile
from pathlib import Path
frames, rates = {}, {}
for path in map(Path, sys.argv[1:]):
    data, rate = soundfile.read(path, dtype="int16", always_2d=True)
    if data.shape[1] != 2:
        sys.exit(f"{path.name}: {data.shape[1]} channels")
    frames.setdefault(path.stem, {})[path.suffix] = (data, rate)
for stem, each in frames.items():
    (wav, rate), (flac, other) = each[".wav"], each[".flac"]
    if rate != other or not (wav.shape == flac.shape and (wav == flac).all()):
        sys.exit(f"{stem}: FLAC has other samples than WAV")
    opus, at = each[".opus"]
    if abs(len(opus) / at - len(wav) / rate) > 0.0001:
        sys.exit(f"{stem}: Opus is {len(opus) / at} s long, WAV {len(wav) / rate} s")
print(f"{len(frames)} sounds, FLAC's samples those of WAV, Opus as long")
"""
WEBVTT = """
import sys, webvtt
count = 0
for path in sys.argv[1:]:
    found = webvtt.read(path)
    count += len(found)
    for cue in found:
        if not cue.text.strip() or not cue.voice or cue.start_in_seconds > cue.end_in_seconds:
            sys.exit(f"{path}: {cue}")
print(f"{count} cues, each of a voice")
"""
STRICT = """
import fs from 'node:fs';
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const { WebVTTParser } = require('webvtt-parser');
const entities = require('webvtt-parser/html-entities.json');
let count = 0;
for (const file of process.argv.slice(2)) {
  const { cues, errors } = new WebVTTParser(entities).parse(fs.readFileSync(file, 'utf8'), 'subtitles');
  if (errors.length) throw new Error(`${file}: ${JSON.stringify(errors)}`);
  count += cues.length;
}
console.log(`${count} cues, no error`);
"""
SRT = """
import sys, pysrt, srt
count = 0
for path in sys.argv[1:]:
    text = open(path, encoding="utf-8").read()
    one, other = pysrt.from_string(text, error_handling=pysrt.ERROR_RAISE), list(srt.parse(text))
    if len(one) != len(other) or [cue.index for cue in other] != list(range(1, len(other) + 1)):
        sys.exit(f"{path}: {len(one)} and {len(other)} captions")
    if any(cue.start > cue.end or not cue.content.strip() for cue in other):
        sys.exit(f"{path}: {other}")
    count += len(other)
print(f"{count} captions, the same to both")
"""


def sox(place: Place) -> Verdict:
    """Let it read all samples of both; they are as many as the header says."""
    found = place.made("*.wav", "*.flac")
    for path in found:
        wanted = int(said(tool("soxi"), "-s", str(path))) * int(said("soxi", "-c", str(path)))
        code, words = ran(tool("sox"), str(path), "-n", "stat")
        counted = next((int(line.split()[-1]) for line in words.splitlines() if line.startswith("Samples read")), 0)
        if code or counted != wanted or "WARN" in words or "FAIL" in words:
            raise Objection(f"{path.name}: {wanted} samples are told, {counted} read: {words[:200]}")
    return Verdict(said("sox", "--version").split()[-1], f"{len(found)} files, as many samples as their heads say")


def soundfile(place: Place) -> Verdict:
    """Compare the samples of FLAC with those of WAV, and how long Opus is."""
    words = place.run_python(("soundfile", "numpy"), SOUNDFILE, *place.made("*.wav"), *place.made("*.flac", "*.opus"))
    return Verdict(version(place.python("soundfile", "numpy"), "soundfile"), words)


def opusinfo(place: Place) -> Verdict:
    """Look at each stream's pages."""
    found = place.made("*.opus")
    for path in found:
        words = said(tool("opusinfo"), str(path))
        if "WARNING" in words or "ERROR" in words or "ended" not in words:
            raise Objection(f"{path.name}: {words[:300]}")
    return Verdict(said("opusinfo", "-V").split()[3], f"{len(found)} streams, no warning")


def vtt_strict(place: Place) -> Verdict:
    """Ask the parser that tells of every deviation."""
    words = place.run_node(("webvtt-parser",), STRICT, *place.made("*.vtt"))
    return Verdict(node_version(place.node("webvtt-parser"), "webvtt-parser"), words)


def vtt(place: Place) -> Verdict:
    """Read them as players do."""
    words = place.run_python(("webvtt-py",), WEBVTT, *place.made("*.vtt"))
    return Verdict(version(place.python("webvtt-py"), "webvtt-py"), words)


def srt(place: Place) -> Verdict:
    """Ask two readers, which have to agree."""
    words = place.run_python(("pysrt", "srt"), SRT, *place.made("*.srt"))
    versions = [version(place.python("pysrt", "srt"), name) for name in ("pysrt", "srt")]
    return Verdict(", ".join(versions), words)
