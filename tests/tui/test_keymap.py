from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.keys import format_key

from realtime_inspector.errors import UsageError
from realtime_inspector.tui import keymap
from realtime_inspector.tui.keymap import Bound

PAGE = Path(__file__).parents[2] / "docs" / "tui.md"


def shown(bound: Bound) -> str:
    """Return an action's keys as the page writes them."""
    return " ".join("+".join(format_key(part) for part in key.split("+")) for key in bound.keys.split(","))


def test_every_action_has_an_id_of_its_own() -> None:
    ids = [bound.id for bound in keymap.table()]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+\.[a-z-]+", name) for name in ids)
    assert all(bound.about and bound.keys for bound in keymap.table())


def test_the_page_has_every_action_with_its_keys() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if re.match(r"\| .* \| `[a-z]+\.[a-z-]+` \|$", line)]
    assert rows == [f"| {shown(bound)} | {bound.about} | `{bound.id}` |" for bound in keymap.table()]


def test_keys_are_given_to_actions_by_their_ids() -> None:
    given = keymap.read(["session.search=s", " session.back = q,x ", "list.down=ctrl+n"])
    assert given == {"session.search": "s", "session.back": "q,x", "list.down": "ctrl+n"}


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("session.serch=s", "no action 'session.serch'; did you mean 'session.search'"),
        ("zzz=s", "no action 'zzz'; docs/tui.md lists them"),
        ("session.search", "give it as ACTION=KEY"),
        ("session.search=", "give it as ACTION=KEY"),
    ],
)
def test_a_word_that_gives_no_key_is_told(word: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        keymap.read([word])
