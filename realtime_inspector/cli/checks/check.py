"""The result of one check, and its words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How it stands."""

    OK = "ok"
    WARNING = "warning"
    """It works, and will surprise somebody."""
    PROBLEM = "problem"
    """Something will not work."""
    SKIPPED = "skipped"
    """It was not looked at."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `doctor`."""

    name: str
    verdict: Verdict
    text: str
    """What was seen."""
    fix: str = ""
    """What to do; empty where nothing has to be done."""


def ok(name: str, text: str) -> Check:
    """Return a check that found nothing wrong."""
    return Check(name, Verdict.OK, text)


def warning(name: str, text: str, fix: str) -> Check:
    """Return a check that found a surprise."""
    return Check(name, Verdict.WARNING, text, fix)


def problem(name: str, text: str, fix: str) -> Check:
    """Return a check that found what will not work."""
    return Check(name, Verdict.PROBLEM, text, fix)


def skipped(name: str, why: str) -> Check:
    """Return a check that was not made."""
    return Check(name, Verdict.SKIPPED, why)
