"""The documents as their readers meet them: pages, and the command lines in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import click

from realtime_inspector.cli import commands

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", ROOT / "recordings/README.md", *sorted((ROOT / "docs").rglob("*.md"))]

_PROGRAMS = ("realtime-inspector", "rti")
_OTHERS = (
    "apt", "bash", "brew", "cat", "cd", "claude", "codespell", "curl", "docker", "eval", "git", "jq", "man", "mitmdump",
    "mitmproxy", "mitmweb", "mkdir", "mv", "node", "npm", "npx", "phoenix", "pip", "pipx", "pytest", "python", "rm",
    "ssh", "touch", "uv", "uvx", "websocat", "which", "wscat",
)  # fmt: skip
"""What else a line of the pages may begin with."""
_SHELL = (None, "", "sh", "bash", "console")
"""Languages of blocks that are typed into a shell; None is an indented one."""
_STEP = re.compile(r"^ *- (?:run: )?((?:realtime-inspector|pipx?) .*)$")
"""A step of a workflow, or of a pipeline."""
_BLOCK = re.compile(r"^(?:    |```)")
_SPAN = re.compile(r"`([^`\n]+)`")
_INNER = re.compile(r'"?\$\(([^()]*)\)"?')
_COMMENT = re.compile(r"(?:^|\s+)#\s.*$")
_ASSIGNMENT = re.compile(r"^\w+=")
_EXAMPLE = re.compile(
    r"^ {4,}(?:(?:bash|zsh|fish) +)?((?:eval |\w+ \| )?\S*(?:realtime-inspector|rti)(?: .*?)?)(?: {3,}.*)?$"
)
"""A line of a `--help` that is set apart; what it does may stand three blanks behind it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A line to be copied into a shell, as a page or a `--help` shows it."""

    where: str
    line: str

    def __str__(self) -> str:
        """Return what names a test."""
        return f"{self.where}: {self.line}"

    @property
    def calls(self) -> list[list[str]]:
        """The arguments of each call of this program in it."""
        inner = _INNER.findall(self.line)
        parts = [part for text in (_INNER.sub("SHELL", self.line), *inner) for part in _parts(text)]
        return [call for part in parts if (call := _call(part)) is not None]


def _parts(line: str) -> Iterator[list[str]]:
    """Yield the words of each program of a line."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&>")
    lexer.whitespace_split = True
    for is_sign, words in groupby(lexer, lambda word: set(word) <= set("|&>")):
        if not is_sign:
            yield list(words)


def _call(words: list[str]) -> list[str] | None:
    while words and (_ASSIGNMENT.match(words[0]) or words[:2] == ["uv", "run"]):
        words = words[1:] if _ASSIGNMENT.match(words[0]) else words[2:]
    return words[1:] if words and words[0] in _PROGRAMS else None


def name_of(page: Path) -> str:
    """Return a page's path as readers know it."""
    return page.relative_to(ROOT).as_posix()


def code(page: Path) -> list[str]:
    """Return the lines of a page's blocks of code, and the code within its sentences."""
    found, fenced = [], False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            found.append(line.strip())
        else:
            found += _SPAN.findall(line)
    return found


def fences(page: Path, language: str = "") -> list[str]:
    """Return a page's fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def typed() -> list[Shown]:
    """Return every line of the pages that is to be typed into a shell or stands in a pipeline, whatever its program.

    A program's name alone is a word, not a line.
    """
    found = [Shown(name_of(page), text) for page in PAGES for _, text in _texts(page) if _is_typed(text)]
    return list(dict.fromkeys(found))


def strangers() -> list[Shown]:
    """Return the lines of the blocks for a shell that begin with no program that we know."""
    texts = [(page, kind, text) for page in PAGES for kind, text in _texts(page)]
    return [Shown(name_of(page), text) for page, kind, text in texts if kind == "block" and not _is_typed(text)]


def _is_typed(text: str) -> bool:
    words = _without_assignments(_INNER.sub("SHELL", text))
    return words != [text] and (not words or words[0] in (*_PROGRAMS, *_OTHERS))


def _texts(page: Path) -> Iterator[tuple[str, str]]:
    """Yield each line of code that may be typed, without its comment; and whether it is one of a block."""
    language: str | None = None
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            language = line[3:] if language is None else None
        elif language == "yaml":
            yield from (("step", step) for step in _STEP.findall(line))
        elif language is None and not line.startswith("    "):
            yield from (("span", text) for text in _SPAN.findall(line))
        elif language in _SHELL and (text := _COMMENT.sub("", line).strip()):
            yield "maybe" if language == "" else "block", text


def _without_assignments(line: str) -> list[str]:
    """Return the words of a line behind the variables that it sets."""
    words = line.split()
    while words and re.match(r"[A-Z_]+=", words[0]):
        words = words[1:]
    return words


def shown() -> list[Shown]:
    """Return every line of the pages and of every `--help` that calls this program, each once."""
    lines = [*_of_pages(), *_of_help()]
    return [line for line in lines if line.calls and "COMMAND" not in line.line]


def _of_pages() -> Iterator[Shown]:
    for page in PAGES:
        for line in dict.fromkeys(_COMMENT.sub("", line) for line in code(page)):
            if any(program in line for program in _PROGRAMS) and "│" not in line:
                yield Shown(name_of(page), line)


def _of_help() -> Iterator[Shown]:
    for name, command in {"": commands.command_line(), **_loaded()}.items():
        context = click.Context(command, info_name=name, max_content_width=80)
        for line in re.sub(r"\\\n\s*", "", command.get_help(context)).splitlines():
            example = _EXAMPLE.match(line)
            if example:
                yield Shown(f"{name} --help".strip(), example[1].strip())


def _loaded() -> dict[str, click.Command]:
    found = {listed.name: commands.load(listed.name) for listed in commands.table()}
    return {name: command for name, command in found.items() if command is not None}
