from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.capture.held import hold, is_held
from realtime_inspector.capture.retention import Stored, chosen, duration_s, size_bytes
from realtime_inspector.capture.writer import Writer
from realtime_inspector.errors import UsageError
from tests.capture.wire import wait_for

NOW = 1_000_000.0


def stored(name: str, age_s: float, size: int = 10, *, pinned: bool = False, live: bool = False) -> Stored:
    return Stored(Path(name), size, NOW - age_s, pinned, live)


def names(found: list[Stored], keep_s: float | None = None, max_bytes: int | None = None) -> list[str]:
    return [each.path.name for each in chosen(found, NOW, keep_s, max_bytes)]


def test_what_is_older_goes_the_oldest_first() -> None:
    assert names([stored("a", 50), stored("c", 200), stored("b", 101), stored("d", 100)], keep_s=100) == ["c", "b"]


def test_of_too_much_the_oldest_go_until_it_fits() -> None:
    found = [stored("new", 1), stored("old", 9), stored("middle", 5)]
    assert names(found, max_bytes=30) == []
    assert names(found, max_bytes=29) == ["old"]
    assert names(found, max_bytes=10) == ["old", "middle"]
    assert names(found, max_bytes=0) == ["old", "middle", "new"]


def test_what_age_takes_away_counts_for_the_size() -> None:
    assert names([stored("old", 200), stored("a", 2), stored("b", 1)], keep_s=100, max_bytes=20) == ["old"]


def test_pinned_and_live_ones_never_go() -> None:
    found = [stored("pinned", 999, pinned=True), stored("live", 999, live=True), stored("free", 5)]
    assert names(found, keep_s=0, max_bytes=0) == ["free"]


STORED = st.builds(
    stored,
    st.text("abc", min_size=1),
    st.floats(0, 1e5),
    st.integers(0, 1000),
    pinned=st.booleans(),
    live=st.booleans(),
)


@given(st.lists(STORED), st.none() | st.floats(0, 1e5), st.none() | st.integers(0, 5000))
def test_no_more_goes_than_has_to(found: list[Stored], keep_s: float | None, max_bytes: int | None) -> None:
    going = chosen(found, NOW, keep_s, max_bytes)
    assert not any(each.kept for each in going)
    left = sum(each.size for each in found) - sum(each.size for each in going)
    if max_bytes is not None and going and keep_s is None:
        assert left + going[-1].size > max_bytes
    if max_bytes is not None and left > max_bytes:
        assert len(going) == sum(1 for each in found if not each.kept)


@pytest.mark.parametrize(
    ("text", "seconds"), [("7d", 604800), ("12h", 43200), ("1.5m", 90), ("30 s", 30), ("2W", 1209600)]
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize(("text", "size"), [("2GB", 2 * 10**9), ("500mb", 5 * 10**8), ("10 kB", 10_000), ("7", 7)])
def test_sizes_are_read(text: str, size: int) -> None:
    assert size_bytes(text) == size


@pytest.mark.parametrize("text", ["", "d", "7", "-7d", "7 days", "7x"])
def test_what_is_no_duration_is_a_mistake(text: str) -> None:
    with pytest.raises(UsageError, match=r"--keep .* is none; write 7d, 12h or 30m"):
        duration_s(text)


def test_what_is_no_size_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="--max-size '2 cups' is none; write 2GB or 500MB"):
        size_bytes("2 cups")


def test_a_file_is_held_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as stream:
        assert not is_held(path)
        hold(stream.fileno())
        assert is_held(path)
    assert not is_held(path)


def test_a_file_is_held_on_a_disk_of_the_network_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NFS refuses a lock that does not fit the mode of its file (`nfs4_proc_lock` of Linux): nothing was ever held."""
    fcntl = pytest.importorskip("fcntl")
    flock = fcntl.flock

    def strict(descriptor: int, how: int) -> None:
        mode = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
        if mode == (os.O_RDONLY if how & fcntl.LOCK_EX else os.O_WRONLY):
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        flock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", strict)
    thread = Writer()
    sink = thread.sink(tmp_path / "call.jsonl", b"{}\n")
    sink.put(b"{}\n", 1, 0.0)
    wait_for(lambda: sink.entries == 1)
    assert is_held(sink.path)
    thread.close()
    assert not is_held(sink.path)
