"""Every story, played anew through the real proxy, still teaches its lesson."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.lint import lint
from realtime_inspector.errors import InspectorError
from realtime_inspector.recording import files
from realtime_inspector.simulator import demo, stories
from realtime_inspector.simulator.client import Client
from realtime_inspector.simulator.stories import STORIES, Story, Tell

LESSONS = {
    "tool-call": set[str](),
    "barge-in": set[str](),
    "missing-call-id": {"TOOL003"},
    "output-without-response": {"TOOL001"},
    "barge-in-without-truncate": {"INT001"},
    "beta-session": {"SES001", "SES002", "SES005"},
    "second-response": {"RSP001"},
}
"""Story → what must be found. Those of the demo's own test are not played again."""


SHORT = """
[[turn]]
call = [{ name = "get_weather", arguments = { city = "Oslo" } }]
then = { say = "It rains." }
"""
"""What is said in place of the demo's scenario, whose answer is long for being interrupted: a client hears it out."""


def silent(who: str, what: str) -> None:
    """Tell nobody."""


def test_every_story_gives_the_findings_of_its_lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stories, "_LONGEST_S", 100.0)  # whatever else the machine does

    short = tmp_path / "short.toml"
    short.write_text(SHORT)
    told = {**STORIES, "tool-call": replace(STORIES["tool-call"], scenario=str(short))}

    async def play_all() -> list[Path]:
        # Side by side: a story takes as long as its conversation does, and nearly all of that is waiting.
        return await asyncio.gather(*(demo.record(told[name], tmp_path / name, silent) for name in LESSONS))

    found = {}
    for name, path in zip(LESSONS, asyncio.run(play_all()), strict=True):
        findings = lint(files.open_recording(path))
        found[name] = {finding.rule for finding in findings if finding.severity is not Severity.INFO}
    for name, lesson in LESSONS.items():
        assert lesson <= found[name], name
    assert found["tool-call"] == found["barge-in"] == set()


def test_lessons_and_stories_are_the_same_but_for_the_demos_own() -> None:
    assert set(LESSONS) | {"weather", "voice-turn"} == set(STORIES)


def test_a_response_that_was_over_before_another_was_asked_for_is_no_end_of_the_lesson(tmp_path: Path) -> None:
    async def hung_up(item_id: str) -> None:
        """Hear nothing out: the lesson is over by then."""

    async def late(client: Client, tell: Tell) -> None:
        wait = client.wait
        client.played = hung_up  # type: ignore[method-assign]

        async def slow(*event_types: str, **members: Any) -> Mapping[str, Any]:
            event = await wait(*event_types, **members)
            if event_types == ("response.output_audio.delta",):
                client.wait = wait  # type: ignore[method-assign]
                await wait("response.done")
            return event

        client.wait = slow  # type: ignore[method-assign]  # as if the machine had been busy until the end
        await stories.second_response(client, tell)

    path = asyncio.run(demo.record(replace(STORIES["second-response"], play=late), tmp_path, silent))
    assert {finding.rule for finding in lint(files.open_recording(path))} >= LESSONS["second-response"]


def test_a_story_whose_server_hangs_up_ends_with_one_line(tmp_path: Path) -> None:
    async def leaves(client: Client, tell: Tell) -> None:
        await client.close()
        await client.wait("session.updated")

    with pytest.raises(InspectorError, match=r"broke off: the connection ended without session\.updated"):
        asyncio.run(demo.record(Story("short", "", leaves), tmp_path, silent))


def test_a_story_that_hears_nothing_ends_after_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def waits(client: Client, tell: Tell) -> None:
        await client.wait("session.updated")

    monkeypatch.setattr(stories, "_LONGEST_S", 0.2)
    with pytest.raises(InspectorError, match="broke off: no answer came"):
        asyncio.run(demo.record(Story("deaf", "", waits), tmp_path, silent))
