"""`config`: which options have a value that nobody gave on the command line, and where it stands."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from realtime_inspector.cli import commands, config, diagnostics, output
from realtime_inspector.errors import UsageError
from realtime_inspector.recording.printable import printable

SCHEMA_VERSION = 1
DEFAULT = "default"
_OTHER_VARIABLES = frozenset({"DATA_DIR", "DEBUG", "URL"})
"""Behind the prefix: variables that stand for no option."""
_SECRET = frozenset({"token"})
_PASSWORD = re.compile(r"(?<=//)[^/@\s]+(?=@)")

_HELP = """Show which configuration is in force here, and where each value stands.

\b
  realtime-inspector config              what the environment and the file say
  realtime-inspector config lint         every option of `lint`, defaults too
  realtime-inspector config --format json | jq '.options[].from'

The file is the nearest realtime-inspector.toml, or pyproject.toml with a
table [tool.realtime-inspector], upward from here. The environment goes before
it, and the command line before both. What has a name that nothing has, in the
file or behind REALTIME_INSPECTOR_, is an error (exit code 2).
"""


@click.command("config", help=_HELP)
@click.argument("name", metavar="[COMMAND]", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="how to write it")  # fmt: skip
def command(name: str | None, form: str) -> None:
    """Show what is in force."""
    found = config.find(Path.cwd())
    known = {each: loaded for each in _names(name) if (loaded := _load(each)) is not None}
    settings = list(_in_force(known, defaults=name is not None)) + list(_tables(found, known))
    if form == "json":
        path = str(found.path) if found is not None else None
        options = [each.to_json() for each in settings]
        output.write_json({"schema_version": SCHEMA_VERSION, "file": path, "options": options})
    elif settings:
        output.write_lines(output.table([("OPTION", "VALUE", "FROM", "FOR"), *(each.row() for each in settings)]))
    if found is None:
        diagnostics.say(f"no {config.FILE}, and no table for this tool in a pyproject.toml, from {Path.cwd()} upward")
    elif not settings:
        diagnostics.say(f"{found.path}: says nothing")
    _check_variables()


@dataclass(frozen=True, slots=True)
class Setting:
    """One value, of one option or of one member of a table."""

    option: str
    value: Any
    commands: tuple[str, ...]
    others: tuple[str, ...]
    """Commands that have the option too, and for which this is not its value."""
    origin: str
    """A variable, the file, or `default`."""

    def row(self) -> tuple[str, str, str, str]:
        """Return it as cells."""
        return self.option, printable(_shown(self.value)), printable(_short(self.origin)), self._whose()

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {"option": self.option, "value": self.value, "commands": list(self.commands), "from": self.origin}

    def _whose(self) -> str:
        """Say which commands, in a few words."""
        if len(self.commands) <= max(1, len(self.others)):
            return " ".join(self.commands)
        return f"all but {' '.join(self.others)}" if self.others else "all"


def _names(name: str | None) -> list[str]:
    known = [listed.name for listed in commands.table() if listed.installed]
    if name is None:
        return known
    if name not in known:
        near = get_close_matches(name, known, n=1)
        raise UsageError(f"no command {name!r}{f'; did you mean `{near[0]}`?' if near else ''}")
    return [name]


def _load(name: str) -> click.Command | None:
    try:
        return commands.load(name)
    except ImportError:  # what only an extra brings is not installed
        return None


def _in_force(known: Mapping[str, click.Command], *, defaults: bool) -> Iterator[Setting]:
    """Yield what each option has, options and values that several commands share once."""
    having: dict[str, list[str]] = {}
    used: dict[tuple[str, str, str], list[str]] = {}
    values: dict[tuple[str, str, str], Any] = {}
    for name, loaded in known.items():
        given = commands.defaults(name, loaded)
        for option in (each for each in loaded.params if isinstance(each, click.Option) and each.name is not None):
            key = config.option_key(option)
            having.setdefault(key, []).append(name)
            if option.name in given:
                value, origin = _guarded(key, given[option.name]), config.origin(name, option)
            elif defaults and key != "help":
                value, origin = _default(option, click.Context(loaded)), DEFAULT
            else:
                continue
            used.setdefault((key, repr(value), origin), []).append(name)
            values[key, repr(value), origin] = value
    for (key, text, origin), names in sorted(used.items(), key=lambda each: (each[0][2] == DEFAULT, each[0])):
        others = tuple(name for name in having[key] if name not in names)
        yield Setting(key, values[key, text, origin], tuple(names), others, origin)


def _tables(found: config.Configuration | None, known: Iterable[str]) -> Iterator[Setting]:
    """Yield what the file's tables say that stand for no option."""
    if found is None:
        return
    for name in known:
        own = found.values.get(name, {})
        for key in sorted(config.TABLES.get(name, ())):
            for path, value in _flat(own.get(key, own.get(key.replace("-", "_"), {})), key):
                yield Setting(path, value, (name,), (), str(found.path))


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        yield path, value
        return
    for name, member in value.items():
        yield from _flat(member, f"{path}.{name}" if re.fullmatch(r"[\w-]+", name) else f'{path}."{name}"')


def _guarded(key: str, value: Any) -> Any:
    """Return a value without what is secret in it."""
    if key in _SECRET:
        return "[redacted]"
    if isinstance(value, list):
        return [_guarded(key, each) for each in value]
    return _PASSWORD.sub("[redacted]", value) if isinstance(value, str) else value


def _default(option: click.Option, ctx: click.Context) -> Any:
    value = option.get_default(ctx)
    if isinstance(value, tuple):
        value = list(value)
    return value if isinstance(value, str | int | float | list) else None


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return (", ".join(map(str, value)) if isinstance(value, list) else str(value)) or "-"


def _short(origin: str) -> str:
    """Return a path from here, where that is shorter to read."""
    here = Path.cwd()
    return str(Path(origin).relative_to(here)) if Path(origin).is_relative_to(here) else origin


def _check_variables() -> None:
    """Refuse variables of ours that stand for nothing: a misspelt one does nothing, silently.

    Raises:
        UsageError: If there is one.
    """
    known = set(_OTHER_VARIABLES)
    for listed in commands.table():
        loaded = _load(listed.name) if listed.installed else None
        keys = config.option_keys(loaded) if loaded is not None else []
        known |= {_upper(key) for key in keys} | {_upper(f"{listed.name}_{key}") for key in keys}
    ours = (name.removeprefix(config.ENVIRONMENT) for name in os.environ if name.startswith(config.ENVIRONMENT))
    for name in sorted(ours):
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {config.ENVIRONMENT}{near[0]}?" if near else ""
            raise UsageError(f"{config.ENVIRONMENT}{name}: no option has this name{hint}")


def _upper(key: str) -> str:
    return key.replace("-", "_").upper()
