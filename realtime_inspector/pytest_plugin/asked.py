"""What a test, its marker and the configuration ask for. Imports nothing that costs time."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from realtime_inspector.replay.faults.sockets import Between
    from realtime_inspector.replay.options import Options
    from realtime_inspector.simulator.scenario import Scenario

MODES = {
    "none": "play recordings; a missing one fails its test",
    "once": "play recordings, and record those that are missing",
    "new": "as once, and record connections that go beyond a recording",
    "rewrite": "record everything anew",
    "live": "talk to the upstream and keep nothing",
}
"""Mode → what it does."""

DEFAULT_UPSTREAM = "wss://api.openai.com"
MARKER = (
    "realtime(recording=None, match='causal', speed='max', ignore=(), strict=False, fresh_ids=False, scenario=None, "
    "faults=(), fault_seed='0', forward=False): the recording that realtime_server plays and how exactly the client "
    "has to follow it, or the scenario that it simulates; what goes wrong on the way; and whether clients are led here "
    "that know OpenAI's address alone"
)
_MARKER_OPTIONS = (
    *("recording", "match", "speed", "ignore", "strict", "fresh_ids"),
    *("scenario", "faults", "fault_seed", "forward"),
)
_ONLY_OF_RECORDINGS = ("recording", "match", "ignore", "strict", "fresh_ids")
SUFFIXES = (".jsonl", ".jsonl.zst")
"""What recordings end in."""
FIXTURE = "realtime_server"


@dataclass(frozen=True, slots=True)
class Asked:
    """What one test asks for."""

    test: str
    """Its node id."""
    folder: Path
    """Where the test file is."""
    path: Path
    """The recording as a file; several are a folder of its name without the suffix."""
    match: Any
    speed: str
    ignore: tuple[str, ...]
    strict: bool
    fresh_ids: bool
    scenario: Scenario | str | None
    """What to simulate instead of playing a recording."""
    faults: tuple[str, ...]
    """Expressions, and names of profiles."""
    fault_seed: str
    forward: bool | tuple[str, ...]
    """Clients that know the server's address alone are led here by a proxy; or those that go to these hosts."""
    mode: str
    upstream: str

    @classmethod
    def of(cls, item: pytest.Item) -> Asked:
        """Read a test's marker and the configuration.

        It fails the test if one of them says what it must not.
        """
        marker = item.get_closest_marker("realtime")
        if marker is not None:
            _check(item.nodeid, marker)
        chosen = dict(marker.kwargs) if marker is not None else {}
        return cls(
            test=item.nodeid,
            folder=item.path.parent,
            path=recording_path(item),
            match=chosen.get("match", "causal"),
            speed=str(chosen.get("speed", "max")),
            ignore=_strings(chosen.get("ignore", ())),
            strict=bool(chosen.get("strict", False)),
            fresh_ids=bool(chosen.get("fresh_ids", False)),
            scenario=chosen.get("scenario"),
            faults=_strings(chosen.get("faults", ())),
            fault_seed=str(chosen.get("fault_seed", "0")),
            forward=_forward(chosen.get("forward", False)),
            mode=mode_of(item.config),
            upstream=item.config.getoption("realtime_upstream") or item.config.getini("realtime_upstream"),
        )

    @property
    def folder_of_several(self) -> Path:
        """Where the recordings of a test with several connections are."""
        return self.path.with_name(bare(self.path.name))

    @property
    def found(self) -> Path | None:
        """The recording on the disk: a file, or a folder of several; None if there is none."""
        return next((path for path in (self.path, self.folder_of_several) if path.exists()), None)

    def options(self) -> Options:
        """Return how to play; fails the test if a policy or speed is none."""
        from realtime_inspector.errors import UsageError
        from realtime_inspector.replay.options import Options, policy, speed

        matcher = self.match if callable(self.match) else None
        try:
            wanted = policy("causal" if matcher is not None else self.match)
            return Options(wanted, speed(self.speed), self.ignore, matcher, fresh_ids=self.fresh_ids)
        except UsageError as error:
            _refuse(self.test, str(error))

    def simulated(self) -> Scenario:
        """Return what to simulate, as fast as is asked for; fails the test if the scenario or the speed is none."""
        from realtime_inspector.errors import UsageError
        from realtime_inspector.replay.options import speed
        from realtime_inspector.simulator.scenario import load, names

        wanted = self.scenario or ""
        try:
            if isinstance(wanted, str):
                wanted = load(wanted if wanted in names() else str(self.folder / wanted))
            return wanted.faster(speed(self.speed))
        except UsageError as error:
            _refuse(self.test, str(error))

    def between(self) -> Between | None:
        """Return what goes wrong on the way, None if nothing does; fails the test if a fault is none."""
        if not self.faults:
            return None
        from realtime_inspector.analysis.saved import of_project  # a test means the project's alone, on any machine
        from realtime_inspector.errors import UsageError
        from realtime_inspector.replay.faults.expression import FaultError
        from realtime_inspector.replay.faults.profiles import PROFILES, plan
        from realtime_inspector.replay.faults.sockets import Between

        single = [fault for fault in self.faults if fault not in PROFILES]
        profiles = [fault for fault in self.faults if fault in PROFILES]
        try:
            saved = of_project(Path.cwd()) if any("@" in fault for fault in single) else {}
            return Between(plan(single, profiles, self.fault_seed, saved))
        except UsageError as error:
            _refuse(self.test, str(error))
        except FaultError as error:
            _refuse(self.test, f"faults: {error}")


def mode_of(config: pytest.Config) -> str:
    """Return the mode of this run.

    Raises:
        pytest.UsageError: If the configuration has one that does not exist.
    """
    mode = config.getoption("realtime_record_mode") or config.getini("realtime_record_mode")
    if mode not in MODES:
        raise pytest.UsageError(f"realtime_record_mode {mode!r} is none of {', '.join(MODES)}")
    return str(mode)


def recording_path(item: pytest.Item) -> Path:
    """Return where a test's recording is: where its marker says, or where its name does."""
    marker = item.get_closest_marker("realtime")
    named = marker.kwargs.get("recording") if marker is not None else None
    return item.path.parent / (named if named and _is_path(named) else default_path(item.path, item))


def default_path(module: Path, item: pytest.Item) -> Path:
    """Return where a test's recording is, beside its file: `recordings/<module>/<test>.jsonl`."""
    names = [part.name for part in item.listchain() if isinstance(part, pytest.Class)]
    name = ".".join([*names, item.name])
    plain = re.sub(r"[^\w.,=+\[\]-]", "_", name)
    if plain != name:  # two parameters may differ in nothing but what was replaced
        plain = f"{plain}-{zlib.crc32(name.encode()):08x}"
    return Path("recordings") / module.stem / f"{plain}.jsonl"


def bare(name: str) -> str:
    """Return a name without the suffix of a recording."""
    return name.removesuffix(".zst").removesuffix(".jsonl") if name.endswith(SUFFIXES) else name


def command(asked: Asked, mode: str) -> str:
    """Return the command that records a test."""
    from realtime_inspector.recording.printable import shell_word

    return f"pytest --realtime-record-mode={mode} {shell_word(asked.test)}"


def _check(test: str, marker: pytest.Mark) -> None:
    """Fail a test whose marker says what none can say."""
    chosen = marker.kwargs
    strange = [name for name in chosen if name not in _MARKER_OPTIONS]
    idle = [name for name in _ONLY_OF_RECORDINGS if name in chosen and "scenario" in chosen]
    if marker.args:
        _refuse(test, f"the marker realtime takes no argument without a name, such as {marker.args[0]!r}")
    if strange:
        from difflib import get_close_matches

        near = get_close_matches(strange[0], _MARKER_OPTIONS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it takes {', '.join(_MARKER_OPTIONS)}"
        _refuse(test, f"the marker realtime takes no {strange[0]}; {hint}")
    if idle:
        _refuse(test, f"the marker realtime takes scenario or {idle[0]}, not both")
    if not _is_path(chosen.get("recording", "")):
        _refuse(test, f"the marker realtime takes a path as recording, not {chosen['recording']!r}")


def _is_path(value: object) -> bool:
    return value is None or isinstance(value, str | os.PathLike)


def _refuse(test: str, problem: str) -> NoReturn:
    """Fail a test for what its marker says, without the way by which that was found."""
    pytest.fail(f"{test}: {problem}", pytrace=False)


def _forward(value: bool | str | Iterable[str]) -> bool | tuple[str, ...]:
    return value if isinstance(value, bool) else _strings(value)


def _strings(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
