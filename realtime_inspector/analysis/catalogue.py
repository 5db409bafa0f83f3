"""Every diagnostic by its id: which rule makes it, or why none does. It is in `catalogue.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Without:
    """A diagnostic that has no rule."""

    id: str
    finds: str
    """What it would find."""
    why: str
    """Why there is no rule for it."""
    rule: str = ""
    """The rule that tells it nevertheless, if one does."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All diagnostics."""

    rules: Mapping[str, str]
    """Rule's id → its name."""
    without: Mapping[str, Without]
    """By id."""


@cache
def builtin() -> Catalogue:
    """Return the catalogue of this release."""
    found = tomllib.loads(Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8"))
    rules = {rule: name for group in found["rules"].values() for rule, name in group.items()}
    return Catalogue(rules, {name: Without(name, **each) for name, each in found["without"].items()})
