"""The options that say which rules are asked and how, and what a project says: one `Policy` for all commands."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from realtime_inspector.analysis import policy as policies
from realtime_inspector.analysis import user_rules, wishes
from realtime_inspector.analysis.policy import Policy
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.analysis.wishes import Wishes
from realtime_inspector.cli import config
from realtime_inspector.errors import UsageError

COMMAND = "lint"
"""Whose table and variables are meant, whoever asks the rules."""
_DIALECT_HELP = "whose server it is, such as azure or xai [default: as seen]"


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that `policy` reads."""
    added = (
        click.option("--select", "chosen", multiple=True, metavar="RULE",
                     help="ask these rules only: an id, how ids begin, a name"),
        click.option("--ignore", "ignored", multiple=True, metavar="RULE", help="do not ask these rules"),
        click.option("--severity", "severities", multiple=True, metavar="RULE=LEVEL",
                     help="how bad the findings of a rule are: error, warning, info"),
        click.option("--threshold", "numbers", multiple=True, metavar="RULE.NAME=N",
                     help="a number of a rule, such as RSP003.wait_s=8; `explain` has them"),
        click.option("--rules", "folders", multiple=True, metavar="PATH", type=click.Path(path_type=Path),
                     help="rules of your own: a folder, or a file"),
        click.option("--dialect", metavar="NAME", help=_DIALECT_HELP),
    )  # fmt: skip
    for option in reversed(added):
        function = option(function)
    return function


def policy(
    ctx: click.Context,
    *,
    known: Sequence[Rule] | None = None,
    acoustic: bool = False,
    thresholds: Mapping[str, Mapping[str, Any]] | None = None,
) -> Policy:
    """Return what a command that has the `options` was told, over what the project says.

    Args:
        ctx: Its context.
        known: The rules there are without the user's own; those of this tool by default.
        acoustic: Ask the rules that listen too.
        thresholds: Numbers that other options gave.

    Raises:
        UsageError: If one names what is not there; with file and key, where it stands in a file.
    """
    written = _written()
    chosen = Wishes(
        where=_where(ctx, "chosen", "ignored"),
        select=tuple(_words(ctx.params["chosen"])),
        ignore=tuple(_words(ctx.params["ignored"])),
    )
    dialect = Wishes(where=_where(ctx, "dialect"), dialect=ctx.params["dialect"] or "")
    severity = Wishes(severity=dict(_pairs(ctx.params["severities"], "--severity", "RSP003=warning")))
    numbers = Wishes(thresholds=_merged(_numbers(ctx.params["numbers"]), thresholds or {}))
    told = [("dialect", dialect), ("severities", severity)]
    general = [wish for name, wish in told if _is_of_file(ctx, name)]
    last = [wish for name, wish in told if not _is_of_file(ctx, name)]
    rules = policies.with_users(ctx.params["folders"], known)
    return _policy(rules, written, [chosen, *general], [*last, numbers], acoustic)


def dialect_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that asks the rules as the project does the option that says whose server it is."""
    return click.option("--dialect", metavar="NAME", default="", help=_DIALECT_HELP)(function)


def project(*, ignored: Sequence[str] = (), dialect: str = "") -> Policy:
    """Return what `lint` without options would ask, for whatever else asks the rules; but for those ignored here.

    Args:
        ignored: Rules that are not asked.
        dialect: Whose server it is, where the user says so here.

    Raises:
        UsageError: If what the environment or the project's file says is wrong.
    """
    written, values = _written(), _defaults()
    rules = policies.with_users(map(Path, values.get("folders", ())))
    told = Wishes(
        select=tuple(_words(values.get("chosen", ()))),
        ignore=tuple(_words(values.get("ignored", ()))),
        severity=dict(_pairs(values.get("severities", ()), "severity", "RSP003=warning")),
        thresholds=_numbers(values.get("numbers", ())),
        dialect=str(values.get("dialect", "")),
    )
    return _policy(rules, written, [told], [Wishes(ignore=tuple(_words(ignored)), dialect=dialect)])


def is_wished() -> bool:
    """Tell whether anybody wants the rules otherwise than they are, as quickly as that can be told."""
    said = any(name.startswith(config.ENVIRONMENT) for name in os.environ)
    return said or config.find(Path.cwd()) is not None or user_rules.are_installed()


def _written() -> tuple[Path | None, list[Wishes]]:
    """Return the folder of the project's file, and what that wants: of all recordings first, then of some."""
    found = config.find(Path.cwd())
    return (found.path.parent, wishes.read(found)) if found is not None else (None, [Wishes()])


def _policy(
    rules: Sequence[Rule],
    written: tuple[Path | None, Sequence[Wishes]],
    first: Sequence[Wishes],
    last: Sequence[Wishes],
    acoustic: bool = False,
) -> Policy:
    """Put what the file wants of some recordings between what holds for all and what the command line says."""
    folder, (general, *some) = written
    general = replace(general, select=(), ignore=(), dialect="")  # these are options: they have come another way
    return Policy(rules, [general, *first, *some, *last], folder=folder, acoustic=acoustic)


def _defaults() -> dict[str, Any]:
    from realtime_inspector.cli import commands

    command = commands.load(COMMAND)
    if command is None:
        return {}
    found = config.find(Path.cwd())
    keys = (
        {key.replace("_", "-") for key in found.values} if found is not None else set()
    )  # looked at by the command itself
    names = [listed.name for listed in commands.table()]
    return config.defaults(COMMAND, command, commands=names, load_for_keys=lambda: keys)


def _where(ctx: click.Context, *names: str) -> str:
    """Return where the value of one of the options stands; nothing for the command line."""
    places = (_place(ctx, name) for name in names)
    return next((place for place in places if place), "")


def _place(ctx: click.Context, name: str) -> str:
    if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT_MAP:
        return ""
    option = next(each for each in ctx.command.params if isinstance(each, click.Option) and each.name == name)
    return config.origin(COMMAND, option)


def _is_of_file(ctx: click.Context, name: str) -> bool:
    """Tell whether an option's value is the file's, so that what it says of some recordings goes before it."""
    source = ctx.get_parameter_source(name)
    return source is ParameterSource.DEFAULT or _place(ctx, name).endswith(".toml")


def _words(values: Iterable[str]) -> list[str]:
    return [word.strip() for value in values for word in value.split(",") if word.strip()]


def _pairs(values: Iterable[str], option: str, example: str) -> list[tuple[str, str]]:
    found = []
    for value in values:
        for part in str(value).split(","):
            word, equals, level = part.partition("=")
            if not equals or not word.strip() or not level.strip():
                raise UsageError(f"{option}: {part!r} is not of the form {example}")
            found.append((word.strip(), level.strip()))
    return found


def _numbers(values: Iterable[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    example = "RSP003.wait_s=8"
    for subject, value in _pairs(values, "--threshold", example):
        rule, dot, name = subject.partition(".")
        if not dot:
            raise UsageError(f"--threshold: {subject!r} is not of the form {example}")
        found.setdefault(rule, {})[name] = _number(value)
    return found


def _number(value: str) -> Any:
    try:
        return float(value)
    except ValueError:
        return value


def _merged(*tables: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    whole: dict[str, dict[str, Any]] = {}
    for table in tables:
        for rule, numbers in table.items():
            whole.setdefault(rule, {}).update(numbers)
    return whole
