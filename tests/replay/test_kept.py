"""A drive of which a recording is kept: with whose key, under which name, without which secret."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from realtime_inspector.errors import UpstreamError, UsageError
from realtime_inspector.recording.entry import Header
from realtime_inspector.recording.keeping import Keeper
from realtime_inspector.recording.redact import Redactor
from realtime_inspector.replay import kept
from realtime_inspector.replay.cues import Plan
from realtime_inspector.replay.driver import Drive
from realtime_inspector.replay.target import Target


def sent_with(target: Target) -> str:
    return dict(target.headers).get("Authorization", "")


def test_the_key_is_that_of_the_variable() -> None:
    target = kept.with_key(Target.of("wss://api.example"), {"MY": "sk-1"}, "MY")
    assert sent_with(target) == "Bearer sk-1"


def test_a_server_of_this_machine_takes_any_key_and_another_one_none_at_all() -> None:
    assert sent_with(kept.with_key(Target.of("ws://127.0.0.1:1"), {})) == "Bearer none"
    with pytest.raises(UsageError, match="OPENAI_API_KEY is not set; set it to the key, or wait"):
        kept.with_key(Target.of("wss://api.example"), {}, hint=", or wait")


def test_the_key_is_kept_out_of_the_recording_whatever_its_variable_is_called() -> None:
    assert "a-strange-secret" not in kept.redactor({"MY": "a-strange-secret"}, "MY").text("x a-strange-secret y")


def test_the_new_recording_says_what_it_is_a_drive_of() -> None:
    made = kept.header(Plan("call.jsonl", header=Header("one", "")), Target.of("ws://127.0.0.1:1"))
    assert (made.via, made.url, made.tags) == ("drive", "ws://127.0.0.1:1/v1/realtime", {"drives": "one"})
    assert kept.name_of(made).endswith(f"Z_{made.id}.jsonl")


def test_a_server_that_is_not_there_leaves_no_file_behind(tmp_path: Path) -> None:
    path = tmp_path / "new.jsonl"

    async def play() -> None:
        target = Target.of("ws://127.0.0.1:9")
        with Keeper(path, kept.header(Plan(""), target), Redactor()) as keeper:
            await kept.drive_kept(Plan(""), target, Drive(), keeper, stop=asyncio.Event())

    with pytest.raises(UpstreamError):
        asyncio.run(play())
    assert not path.exists()
