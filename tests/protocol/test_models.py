"""The table of models: what this release knows, and what people put over it."""

from __future__ import annotations

import re

import pytest

from realtime_inspector.protocol.realtime import models
from realtime_inspector.protocol.realtime.models import Price


def test_this_release_knows_prices_and_limits_with_their_day() -> None:
    table = models.builtin()
    found = table.find("gpt-realtime-2.1")
    assert found is not None
    assert found.prices["audio"] == Price(input=32.0, cached=0.4, output=64.0)
    assert (found.context, found.most_input) == (128_000, 96_000)
    assert len(table.read) == len("2026-11-22")


def test_a_model_that_is_like_another_has_its_facts() -> None:
    first, second = models.builtin().find("gpt-realtime-1.5"), models.builtin().find("gpt-realtime")
    assert first is not None
    assert second is not None
    assert (second.name, second.prices, second.most_input) == ("gpt-realtime", first.prices, 28_224)


@pytest.mark.parametrize("name", ["gpt-realtime-9", "gpt-realtime-2.1-2027-01-01", "gpt-realtime-mini", ""])
def test_nothing_is_guessed_from_a_name(name: str) -> None:
    assert models.builtin().find(name) is None


def test_a_table_of_ones_own_goes_before_it_model_by_model() -> None:
    text = """
        read = "2027-01-01"
        [models.my-deployment]
        like = "gpt-realtime-2.1"
        text = { input = 1, output = 2.5 }
        [models."gpt-realtime"]
        minute = 0.05
        """
    table = models.read(text, models.builtin())
    mine = table.find("my-deployment")
    assert mine is not None
    assert mine.prices["text"] == Price(input=1, cached=None, output=2.5)
    assert mine.prices["audio"] == Price(input=32.0, cached=0.4, output=64.0)
    assert table.find("gpt-realtime") == models.Model("gpt-realtime", minute=0.05)
    assert table.find("gpt-realtime-2.1") == models.builtin().find("gpt-realtime-2.1")
    assert table.read == "2027-01-01"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("= 1", "not readable as TOML"),
        ("", "a table of models is"),
        ("[prices]", "a table of models is"),
        ("[models]\nx = 1", 'models."x" is no table'),
        ("[models.x]\ncost = 1", "models.\"x\" has 'cost'; known are audio, "),
        ("[models.x]\ntext = 1", 'models."x".text has to have input, cached, output'),
        ("[models.x]\ntext = { input = -1 }", 'models."x".text.input = -1 is no number of 0 or more'),
        ("[models.x]\ntext = { input = nan }", 'models."x".text.input = nan is no number'),
        ("[models.x]\nminute = true", 'models."x".minute = True is no number'),
        ("[models.x]\nlike = []", 'models."x" is like [], which no table has above it'),
        ('[models.x]\nlike = "y"', "models.\"x\" is like 'y', which no table has above it"),
    ],
)
def test_a_table_that_is_none_says_where(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        models.read(text)
