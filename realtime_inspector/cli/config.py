"""What the environment and the configuration file say about options that the command line does not name.

The file is `realtime-inspector.toml`, or `[tool.realtime-inspector]` of `pyproject.toml`: the nearest, upward from the
current folder. A key is an option's long name; a table of a command's name holds what is for that command alone:

    [tool.realtime-inspector]
    dir = "recordings"

    [tool.realtime-inspector.lint]
    ignore = ["OUT"]

An option that takes `NAME=VALUE` several times may have a table of them, for all commands or for one:

    [tool.realtime-inspector.budget]
    ttfa_p95 = "800ms"

A path in the file is relative to the file. The environment has `REALTIME_INSPECTOR_DIR` for every command, and
`REALTIME_INSPECTOR_LINT_IGNORE` for one; it goes before the file, and the command line before both.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from realtime_inspector.analysis.project import FILE, Configuration, find
from realtime_inspector.errors import UsageError

__all__ = ["FILE", "Configuration", "defaults", "find", "option_key", "option_keys", "origin"]

ENVIRONMENT = "REALTIME_INSPECTOR_"
PAIRS = frozenset({"budget"})
"""Options that take `NAME=VALUE` several times."""
TABLES = {"lint": frozenset({"thresholds", "per-path"}), "open": frozenset({"filters"})}
"""Command → tables within its own that are no options: whoever reads them looks at what they hold."""


def defaults(
    name: str,
    command: click.Command,
    *,
    commands: Collection[str],
    load_for_keys: Callable[[], Collection[str]],
    folder: Path | None = None,
) -> dict[str, Any]:
    """Return the values of a command's options, by parameter name, as environment and file give them.

    Args:
        name: The command's name.
        command: The command.
        commands: The names of all commands: a table of the file is for one of them.
        load_for_keys: Gives the option names of all commands; asked only where the file has a key that this command
            does not know.
        folder: Where the search for the file begins; the current folder by default.

    Raises:
        UsageError: If the file cannot be read, or has a key that no option has.
    """
    options = {option_key(option): option for option in command.params if isinstance(option, click.Option)}
    values: dict[str, Any] = {}
    found = find(folder or Path.cwd())
    if found is not None:
        _check_tables(found, commands)
        shared = {
            key: value for key, value in found.values.items() if not isinstance(value, Mapping) or _dashed(key) in PAIRS
        }
        own = {
            key: value for key, value in found.values.get(name, {}).items() if _dashed(key) not in TABLES.get(name, ())
        }
        _check(found, shared, options, load_for_keys)
        _check_own(found, name, own, options)
        values.update(_fitting(options, _placed(found, options, shared)))
        values.update(_named(options, _placed(found, options, own)))
    values.update(_fitting(options, _environment(options, ENVIRONMENT)))
    values.update(_named(options, _environment(options, f"{ENVIRONMENT}{_upper(name)}_")))
    return values


def origin(name: str, option: click.Option) -> str:
    """Return where the value of a command's option stands, if not on the command line: a variable, or the file."""
    key = _upper(option_key(option))
    for variable in (f"{ENVIRONMENT}{_upper(name)}_{key}", f"{ENVIRONMENT}{key}"):
        if os.environ.get(variable):
            return variable
    found = find(Path.cwd())
    return str(found.path) if found is not None else "the configuration"


def option_key(option: click.Option) -> str:
    """Return the name an option has in the configuration: its long name without dashes in front."""
    longest = max(option.opts, key=len)
    return longest.lstrip("-")


def option_keys(command: click.Command) -> list[str]:
    """Return the names that a command's options have in the configuration."""
    return [option_key(option) for option in command.params if isinstance(option, click.Option)]


def _check(
    found: Configuration,
    shared: Mapping[str, Any],
    options: Mapping[str, click.Option],
    load_for_keys: Callable[[], Collection[str]],
) -> None:
    strange = [key for key in shared if _dashed(key) not in options]
    if not strange:
        return
    known = load_for_keys()
    for key in strange:
        if _dashed(key) not in known:
            raise UsageError(f"{found.path}: no option {key!r}{_near(key, known)}")


def _check_tables(found: Configuration, commands: Collection[str]) -> None:
    for key, value in found.values.items():
        if key in commands and not isinstance(value, Mapping):
            raise UsageError(f"{found.path}: {key!r} is a command: its options go into a table of that name")
        if isinstance(value, Mapping) and key not in commands and _dashed(key) not in PAIRS:
            raise UsageError(f"{found.path}: no command {key!r}{_near(key, commands)}")


def _check_own(found: Configuration, name: str, own: Mapping[str, Any], options: Mapping[str, click.Option]) -> None:
    for key in own:
        if _dashed(key) not in options:
            raise UsageError(f"{found.path}: `{name}` has no option {key!r}{_near(key, options)}")


def _near(key: str, known: Collection[str]) -> str:
    near = get_close_matches(_dashed(key), list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(known))}"


def _placed(found: Configuration, options: Mapping[str, click.Option], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values with their paths counted from the file's folder."""
    folder = found.path.parent
    paths = {key for key, option in options.items() if isinstance(option.type, click.Path)}
    placed = dict(values)
    for key, value in values.items():
        if _dashed(key) not in paths:
            continue
        several = value if options[_dashed(key)].multiple and isinstance(value, list) else [value]
        if not all(isinstance(each, str) for each in several):
            raise UsageError(f"{found.path}: {key} = {value!r} is no path; put it in quotes")
        whole = [each if folder == Path.cwd() else str(folder / each) for each in several]
        placed[key] = whole if several is value else whole[0]
    return placed


def _environment(options: Mapping[str, click.Option], prefix: str) -> Mapping[str, str]:
    return {key: value for key in options if (value := os.environ.get(prefix + _upper(key)))}


def _fitting(options: Mapping[str, click.Option], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are for every command, without those that are none of this command's choices."""
    fitting = {}
    for parameter, value in _named(options, values).items():
        option = next(option for option in options.values() if option.name == parameter)
        if isinstance(option.type, click.Choice) and isinstance(value, str) and value not in option.type.choices:
            continue
        fitting[parameter] = value
    return fitting


def _named(options: Mapping[str, click.Option], values: Mapping[str, Any]) -> dict[str, Any]:
    named = {}
    for key, value in values.items():
        option = options.get(_dashed(key))
        if option is not None and option.name is not None:
            named[option.name] = _value(option, value)
    return named


def _value(option: click.Option, value: Any) -> Any:
    """Give a value the form click expects: several where the option may be given several times."""
    if not option.multiple:
        return value
    if isinstance(value, str):
        return option.type.split_envvar_value(value)
    if isinstance(value, Mapping):
        return [f"{name}={part}" for name, part in value.items()]
    return value if isinstance(value, list) else [value]


def _dashed(key: str) -> str:
    return key.replace("_", "-")


def _upper(key: str) -> str:
    return key.replace("-", "_").upper()
