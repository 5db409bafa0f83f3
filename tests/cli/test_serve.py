"""`serve`: a process of its own with a viewer, and what is told before it listens."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from realtime_inspector.cli import serve
from realtime_inspector.errors import UsageError
from tests.capture.wire import wait_for
from tests.cli.helpers import CommandLine
from tests.tui import sample

PATIENCE_S = 90.0


def test_what_a_viewer_runs_names_every_choice_and_no_shell_reads_it() -> None:
    paths = [Path("it's here; rm -r x/call.jsonl"), Path("-x.jsonl")]
    made = serve.viewing(paths, theme="light", keys=["session.back=q,x"], read_only=True)
    assert made[0] == sys.executable
    assert made[made.index("open") :] == [
        *("open", "--read-only", "--theme", "light", "--key=session.back=q,x", "--"),
        *map(str, paths),
    ]
    assert "--allow-write" in serve.viewing(paths, theme="dark", keys=[], read_only=False)


def test_without_the_extra_it_is_named(rti: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "find_spec", lambda name: None)
    ran = rti("serve")
    assert ran.code == 2
    assert "serve needs textual-serve; install it with `pip install 'realtime-inspector[web]'`" in ran.err
    assert ran.err.count("\n") == 1


def test_where_no_key_would_come_through_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(UsageError, match="serve needs Linux or macOS; `realtime-inspector open` shows"):
        serve._require()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["none.jsonl"], "none.jsonl: no such file or folder"),
        (["x.jsonl"], "x.jsonl:1: not a recording's header"),
        (["--listen", "here"], "--listen 'here' is no HOST:PORT"),
        (["--token", "short"], "--token: give at least 16 ASCII characters"),
        (["--key", "session.serch=s"], "did you mean 'session.search'"),
        (["--max-viewers", "0"], "0 is not in the range 1<=x<=100"),
        (["--listen", "127.0.0.1:0", "--ready-file", "no/folder"], "--ready-file no/folder: no such file"),
    ],
)
def test_what_is_wrong_is_told_before_anybody_looks(options: list[str], words: str, rti: CommandLine) -> None:
    pytest.importorskip("textual_serve")
    Path("x.jsonl").write_text("hello\n")
    ran = rti("serve", *options)
    assert (ran.code, ran.out) == (2 if "x.jsonl" not in options else 4, "")
    assert words in ran.err.splitlines()[-1]
    assert "Traceback" not in ran.err


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Run the command, and yield it with what its ready file says."""
    ready = folder / "ready.json"
    arguments = ["serve", "--listen", "127.0.0.1:0", "--ready-file", str(ready), *options]
    process = subprocess.Popen(
        [sys.executable, "-m", "realtime_inspector", *arguments],
        env={**os.environ, "REALTIME_INSPECTOR_DATA_DIR": str(folder / "data"), "NO_COLOR": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: ready.exists() or process.poll() is not None)
        assert process.poll() is None, process.communicate()[1]
        yield process, orjson.loads(ready.read_bytes())
    finally:
        process.kill()
        process.communicate()


def test_a_viewer_sees_the_recordings_changes_nothing_and_ends_with_the_server(tmp_path: Path) -> None:
    pytest.importorskip("textual_serve")
    calls = tmp_path / "it's a 'folder' $(touch x)"
    calls.mkdir()
    sample.write(calls / "call.jsonl")
    with serving(tmp_path, str(calls)) as (process, ready):
        asyncio.run(_look(process, ready))
        out, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[:2] == [f"serving {calls} on {_root(ready)}", f"  open in a browser:  {ready['url']}"]
    assert "read-only: nothing is written" in err
    assert "Traceback" not in err
    assert stat.S_IMODE((tmp_path / "ready.json").stat().st_mode) == 0o600
    assert sorted(path.name for path in calls.iterdir()) == ["call.jsonl"]
    assert not (tmp_path / "data").exists()


def _root(ready: dict[str, Any]) -> str:
    return f"http://127.0.0.1:{ready['port']}"


async def _look(process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
    """Open the view, press `d`, which would delete, and stop the server with somebody looking."""
    from aiohttp import ClientSession, CookieJar, WSMsgType

    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:  # of an address without a name, too
        async with client.get(ready["url"]) as page:
            assert page.status == 200
            assert page.url.path == "/inspector/"
        async with client.ws_connect(f"{_root(ready)}/inspector/ws", headers={"Origin": _root(ready)}) as browser:
            drawn = ""

            async def until(words: str) -> None:
                nonlocal drawn
                while words not in drawn:
                    message = await browser.receive(timeout=PATIENCE_S)
                    assert message.type is WSMsgType.BINARY, (message, drawn)
                    drawn += message.data.decode()

            await until("call")
            await browser.send_json(["focus"])
            await browser.send_json(["stdin", "d"])
            await until("read-only: 'Delete' is off")
            process.send_signal(signal.SIGINT)
            while (message := await browser.receive(timeout=PATIENCE_S)).type is WSMsgType.BINARY:
                pass
            assert message.extra == "The server was stopped."
