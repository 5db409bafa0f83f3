"""Rules that a project or a package adds to those of this tool.

A project has them in a folder: each file that does not begin with `_` holds at least one `Rule`; what several files
need stands in one that does, and is had by `from ._name import it`. A package names its own as entry points of the
group `realtime_inspector.rules`: a class, a list of classes, or a module of them.

What does not load is its author's mistake: one line that says which file, which line of it, and why.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import os
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.errors import UsageError

GROUP = "realtime_inspector.rules"
"""The entry points of packages."""
_PACKAGE = "realtime_inspector_user_rules_"
_ID = re.compile(r"[A-Z]{2,8}\d{3}")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def load(paths: Iterable[Path], known: Sequence[Rule]) -> list[Rule]:
    """Return the rules of the folders and files, and those of installed packages.

    Args:
        paths: Folders of rules, or single files.
        known: The rules there are already: an id or a name is given once.

    Raises:
        UsageError: If one of them does not load, or is no rule.
    """
    taken: dict[str, Rule] = {word: rule for rule in known for word in (rule.id, rule.name)}
    found = []
    for rule in (*(rule for path in paths for rule in _of_path(path)), *_installed()):
        for word in (rule.id, rule.name):
            if word in taken:
                raise UsageError(f"{rule.origin}: {word} is the {_whose(taken[word])}; choose another")
            taken[word] = rule
        found.append(rule)
    return found


def _whose(rule: Rule) -> str:
    return f"rule {rule.id} {rule.name} of {rule.origin or 'this tool'}"


# folders


def _of_path(path: Path) -> Iterator[Rule]:
    if path.is_dir():
        files = sorted(file for file in path.glob("*.py") if not file.name.startswith("_"))
        if not files:
            raise UsageError(f"{path}: no rules in this folder; a rule is a class in a file such as {path}/my_rule.py")
    elif path.is_file():
        files = [path]
    else:
        raise UsageError(f"{path}: no such folder or file of rules")
    package = _package(files[0].parent)
    for file in files:
        module = _imported(package, file)
        classes = _rules_of(module)
        if not classes:
            raise UsageError(f"{file}: no rule in it: a subclass of Rule with an id; begin a helper's name with _")
        yield from (_made(found, str(file)) for found in classes)


def _package(folder: Path) -> str:
    """Make a package of a folder, without its name on the path of all imports; forget what it held before."""
    name = _PACKAGE + hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    for known in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
        del sys.modules[known]
    package = ModuleType(name)
    package.__path__ = [str(folder.resolve())]
    sys.modules[name] = package
    importlib.invalidate_caches()
    return name


def _imported(package: str, file: Path) -> ModuleType:
    try:
        return importlib.import_module(f"{package}.{file.stem}")
    except (Exception, SystemExit) as error:  # broad: whatever a file of the user's does when it is imported
        line = _line_in(file, error)
        raise UsageError(f"{file}{f':{line}' if line else ''}: does not load: {_said(error)}") from error


def _line_in(file: Path, error: BaseException) -> int:
    """Return the file's line at which an import of it broke; 0 if it broke elsewhere."""
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).name == file.name:
        return error.lineno or 0
    frames = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).name == file.name
    ]
    return (frames[-1] or 0) if frames else 0


def _said(error: BaseException) -> str:
    words = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {words}".replace("\n", " ").rstrip(": ")


# packages


def are_installed() -> bool:
    """Tell whether an installed package names rules, without reading the metadata of all of them."""
    return any(map(_declares, sys.path))


def _installed() -> Iterator[Rule]:
    if not are_installed():
        return
    from importlib.metadata import entry_points

    for point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        package = point.dist.name if point.dist is not None else point.value
        origin = f"{package} (entry point {point.name} = {point.value})"
        try:
            found = point.load()
        except (Exception, SystemExit) as error:  # broad: whatever a package of the user's does when it is imported
            raise UsageError(f"{origin}: does not load: {_said(error)}; uninstall or mend {package}") from error
        yield from (_made(each, origin) for each in _classes(found, origin))


def _declares(folder: str) -> bool:
    """Tell whether a package in a folder of the path names rules; as quick as possible, for every start asks it."""
    try:
        with os.scandir(folder or ".") as entries:
            names = [entry.path for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
    except OSError:
        return False
    return any(GROUP.encode() in _bytes(name) for name in names)


def _bytes(folder: str) -> bytes:
    try:
        with open(f"{folder}/entry_points.txt", "rb") as stream:  # noqa: PTH123 - a Path each costs more than the reading
            return stream.read()
    except OSError:
        return b""


def _classes(found: Any, origin: str) -> list[Any]:
    if isinstance(found, ModuleType):
        found = _rules_of(found)
    classes = list(found) if isinstance(found, list | tuple) else [found]
    for each in classes:
        if not _is_rule(each):
            raise UsageError(f"{origin}: {each!r} is no rule; name a subclass of Rule with an id, or a module of them")
    return classes


# rules


def _is_rule(member: Any) -> bool:
    return inspect.isclass(member) and issubclass(member, Rule) and "id" in vars(member)


def _rules_of(module: ModuleType) -> list[Any]:
    """Return the rules that a module defines, in its order."""
    return [member for member in vars(module).values() if _is_rule(member) and member.__module__ == module.__name__]


def _made(found: type[Rule], origin: str) -> Rule:
    """Return an instance of a rule that is whole.

    Raises:
        UsageError: If a part of it is missing or of another kind.
    """
    for problem in _problems(found):
        raise UsageError(f"{origin}: {found.__name__} is no rule: {problem}")
    try:
        rule = found()
    except Exception as error:  # broad: whatever the user's class does when it is made
        raise UsageError(f"{origin}: {found.__name__} cannot be made: {_said(error)}") from error
    rule.origin = origin
    return rule


def _problems(found: type[Rule]) -> Iterator[str]:
    for member in ("name", "severity", "on"):
        if not hasattr(found, member):
            yield f"it has no {member}"
            return
    if not isinstance(found.id, str) or not _ID.fullmatch(found.id):
        yield f"its id is {found.id!r}; letters and three digits are wanted, such as MY001"
    if not isinstance(found.name, str) or not _NAME.fullmatch(found.name):
        yield f"its name is {found.name!r}; small letters with dashes are wanted, such as greeting-too-long"
    if not isinstance(found.severity, Severity):
        yield f"its severity is {found.severity!r}; Severity.ERROR, WARNING or INFO is wanted"
    for member in ("on", "good", "bad"):
        value = getattr(found, member)
        if not isinstance(value, tuple | list) or not all(isinstance(each, str) for each in value):
            yield f"{member} is {value!r:.60}; a tuple of texts is wanted, with a comma behind a single one"
    if not found.on:
        yield "on is empty: it would never be asked"
