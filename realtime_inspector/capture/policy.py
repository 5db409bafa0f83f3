"""Which connections become recordings. What is not recorded is forwarded all the same."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import parse_qsl

from realtime_inspector.capture.audio import AudioPolicy
from realtime_inspector.capture.recorder import Recorder, Source, Track
from realtime_inspector.errors import UsageError
from realtime_inspector.recording.entry import Entry, Kind

_DEPLOYMENT = re.compile(r"/deployments/([^/]+)")
_MODEL = ("model", "deployment")


@dataclass(frozen=True, slots=True)
class Policy:
    """What is recorded; by default everything."""

    only: Sequence[str] = ()
    """Patterns (`*`, `?`, `[…]`) of which one has to fit a request's path."""
    only_model: Sequence[str] = ()
    """The same for its model."""
    sample: float = 1.0
    """The part of all connections that is recorded."""
    audio: AudioPolicy = field(default_factory=AudioPolicy)
    random: Callable[[], float] = random.random
    """Gives numbers from 0 to 1."""

    def __post_init__(self) -> None:
        if not 0 <= self.sample <= 1:
            raise UsageError(f"--sample {self.sample:g} is no part of all connections: give a number from 0 to 1")

    def track(self, recorder: Recorder, source: Source, opened: Callable[[Track], None]) -> Track:
        """Begin the recording of a connection, or of nothing."""
        if self.passes_over():
            return Unrecorded(recorder, source, opened)
        shape = self.shape
        if self.only or self.only_model:
            return Chosen(recorder, source, opened, shape=shape, fits=self.fits)
        return recorder.track(source, opened, shape=shape)

    def passes_over(self) -> bool:
        """Tell whether chance leaves a connection out; ask once for each."""
        return self.sample < 1 and self.random() >= self.sample

    @property
    def shape(self) -> Callable[[Entry], Entry] | None:
        """What takes audio out of entries; None if all of it is kept."""
        return self.audio or None

    def fits(self, request: Entry) -> bool:
        """Tell whether a request is one of those to be recorded."""
        target = str(request.members.get("target", ""))
        path, _, query = target.partition("?")
        return _one_fits(path, self.only) and _one_fits(_model(path, query), self.only_model)


class Unrecorded(Track):
    """A connection that leaves nothing behind."""

    def __init__(self, recorder: Recorder, source: Source, opened: Callable[[Track], None]) -> None:
        super().__init__(recorder, source, opened)
        self._tap.deafen()

    def add(self, *entries: Entry) -> None:
        """Do nothing."""


class Chosen(Track):
    """A connection that is recorded from the first request that fits."""

    def __init__(
        self,
        recorder: Recorder,
        source: Source,
        opened: Callable[[Track], None],
        *,
        shape: Callable[[Entry], Entry] | None,
        fits: Callable[[Entry], bool],
    ) -> None:
        super().__init__(recorder, source, opened, self._choose, shape)
        self._fits = fits
        self._chosen = False

    def _choose(self, entry: Entry) -> bool:
        if not self._chosen and entry.kind is Kind.REQUEST and self._fits(entry):
            self._chosen = True
            self._wanted = None  # all that follows is wanted
        elif not self._chosen and entry.kind is Kind.RESPONSE and entry.members.get("status") == 101:
            self._tap.deafen()  # there will be no more requests
        return self._chosen


def _one_fits(text: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(text, pattern) for pattern in patterns)


def _model(path: str, query: str) -> str:
    """Return the model that a request names; empty if it names none."""
    named = dict(parse_qsl(query))
    deployment = _DEPLOYMENT.search(path)
    return next((named[name] for name in _MODEL if name in named), deployment[1] if deployment else "")
