"""The table of all commands, each loaded only when it is run, and the group that reads the command line.

A command is a module of this package that defines `command`. What `--help` says of it stands in the table, so that
listing the commands imports none of them.
"""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from realtime_inspector.cli import config, output

COMPLETE_VARIABLE = "_REALTIME_INSPECTOR_COMPLETE"
"""Set by a shell that asks for completions."""

_HELP = """Record, explain and replay sessions of the OpenAI Realtime API.

\b
Start here:
  realtime-inspector demo       see what it does; no key, no network
  realtime-inspector run --lint -- python my_agent.py
                                record your own agent, and say what goes wrong
  realtime-inspector why        why it did not answer, in one sentence

\b
Then:
  realtime-inspector            look at the recordings on a full screen
  realtime-inspector proxy      record any client that is pointed at it
  realtime-inspector exec --recording call.jsonl -- npm test
                                test a client against a recording
"""
_EPILOG = """\b
Exit codes: 0 nothing wrong, 1 findings or mismatch, 2 usage or configuration,
3 network, 4 unreadable recording, 125 our own failure, 130 interrupted.

\b
Every option can also be set by the environment (REALTIME_INSPECTOR_<OPTION>,
or REALTIME_INSPECTOR_<COMMAND>_<OPTION>) and by [tool.realtime-inspector]
in pyproject.toml or realtime-inspector.toml.
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the table."""

    name: str
    about: str
    """What `--help` says."""
    module: str = ""
    """Where it is, if not in the module of its name."""

    @property
    def path(self) -> str:
        """The module that defines the command."""
        return f"realtime_inspector.cli.{self.module or self.name}"

    @property
    def installed(self) -> bool:
        """Whether this installation has it."""
        return find_spec(self.path) is not None


SECTIONS: dict[str, tuple[Listed, ...]] = {
    "Record": (
        Listed("demo", "hold a conversation with planted mistakes, and explain them"),
        Listed("run", "run a program and record what it says to the API"),
        Listed("proxy", "record what passes between clients and the API"),
        Listed("attach", "join a WebRTC or SIP call, and record its events"),
    ),
    "Find the mistake": (
        Listed("why", "say in one sentence why the assistant did not answer"),
        Listed("lint", "say what is wrong, why, and how to mend it"),
        Listed("explain", "say what a rule means, and how to mend what it finds"),
        Listed("digest", "sum a session up for a language model"),
        Listed("diff", "compare two sessions by meaning"),
        Listed("mcp", "let a coding agent look into recordings"),
    ),
    "Look": (
        Listed("open", "show recordings on a full screen (also: just name a FILE)", "open_"),
        Listed("serve", "show the same screens in a browser"),
        Listed("ls", "list recordings with their figures"),
        Listed("show", "print the conversation: who said what, and when"),
        Listed("events", "print the events, filtered"),
        Listed("tail", "follow a recording while it grows"),
        Listed("stats", "count turns, waits, tokens and their cost"),
    ),
    "Test against a recording": (
        Listed("exec", "run a program against a recording", "exec_"),
        Listed("mock", "serve a recording to any client, in any language"),
        Listed("drive", "play the client of a recording against a server"),
        Listed("simulate", "serve the API without a model"),
    ),
    "Pass on": (
        Listed("export", "write a recording in another format"),
        Listed("report", "write a call as one page, playable, for a bug report"),
        Listed("scrub", "take private things out of recordings"),
        Listed("import", "make a recording of another tool's file, or of a log", "import_"),
    ),
    "Files": (
        Listed("cut", "cut a piece out of a recording"),
        Listed("concat", "put recordings together into one"),
        Listed("shrink", "find the smallest recording for which a command fails"),
        Listed("verify", "say whether recordings are whole"),
        Listed("repair", "cut the torn last line of a recording"),
        Listed("prune", "delete old recordings, or the oldest of too many"),
    ),
    "Set up": (
        Listed("doctor", "check port, upstream, key, certificates, disk and rights"),
        Listed("ca", "print the path of the local certificate authority"),
        Listed("config", "show which options are set here, and where", "config_"),
        Listed("schema", "print the JSON Schema of recordings"),
        Listed("completion", "print the completion script of a shell"),
    ),
}
"""Every command, as `--help` shows them."""

_NAME_WIDTH = max(len(listed.name) for rows in SECTIONS.values() for listed in rows)


class CommandLine(click.Group):
    """The commands by name; a file in place of a command means `open`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands of this installation, as the table has them."""
        return [listed.name for listed in table() if listed.installed]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; None if there is none of that name."""
        return load(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments begin with."""
        name = args[0]
        known = self.list_commands(ctx)
        if name not in known:
            if "open" in known and _is_path(name):
                return super().resolve_command(ctx, ["open", *args])
            if not ctx.resilient_parsing:
                raise click.UsageError(_no_such_command(name, known), ctx)
        found, command, rest = super().resolve_command(ctx, args)
        if found is not None and command is not None:
            ctx.default_map = {found: defaults(found, command)}
        return found, command, rest

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return what an incomplete word may become: a command, an option, or a file; loads no command."""
        names = [
            CompletionItem(listed.name, help=listed.about)
            for listed in table()
            if listed.installed and listed.name.startswith(incomplete)
        ]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*names, *options] or [CompletionItem(incomplete, type="file")]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table, section by section, without loading a command."""
        for title, rows in SECTIONS.items():
            shown = [(listed.name, listed.about) for listed in rows if listed.installed]
            if shown:
                with formatter.section(title):
                    formatter.write_dl([(name.ljust(_NAME_WIDTH), about) for name, about in shown])


def command_line() -> CommandLine:
    """Return the whole command line."""
    return CommandLine(
        name="realtime-inspector",
        help=_HELP,
        epilog=_EPILOG,
        callback=_without_command,
        invoke_without_command=True,
        params=[
            click.Option(["--debug"], is_flag=True, help="show the traceback of an error"),
            click.Option(
                ["-V", "--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_version,
                help="print the version and exit",
            ),
        ],
        context_settings={
            "help_option_names": ["-h", "--help"],
            "max_content_width": 80,
        },
    )


def table() -> list[Listed]:
    """Return every command, installed or not."""
    return [listed for rows in SECTIONS.values() for listed in rows]


def load(name: str) -> click.Command | None:
    """Import the module of a command and return the command."""
    listed = next((row for row in table() if row.name == name), None)
    if listed is None or not listed.installed:
        return None
    command = importlib.import_module(listed.path).command
    if not isinstance(command, click.Command):
        raise TypeError(f"{listed.path}.command is no click.Command")
    command.name = name
    return command


@click.pass_context
def _without_command(ctx: click.Context, debug: bool) -> None:
    if ctx.invoked_subcommand is not None:
        return
    opener = load("open")
    if opener is not None and _somebody_looks():
        ctx.default_map = {"open": defaults("open", opener)}
        with opener.make_context("open", [], parent=ctx) as opened:
            opener.invoke(opened)
        return
    output.write(ctx.get_help())


def _somebody_looks() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and not os.environ.get("CI")


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
        from realtime_inspector import __version__

        output.write(f"realtime-inspector {__version__}")
        ctx.exit()


def defaults(name: str, command: click.Command) -> dict[str, Any]:
    """Return the values of a command's options, by parameter name, that environment and file give them."""
    names = [listed.name for listed in table()]
    return config.defaults(name, command, commands=names, load_for_keys=lambda: _options_of(names))


def _options_of(names: list[str]) -> set[str]:
    """Return the options of these commands, by the name the configuration uses."""
    known: set[str] = set()
    for name in names:
        try:
            command = load(name)
        except ImportError:  # what only an extra brings is not installed: its options cannot be known
            continue
        known.update(config.option_keys(command) if command is not None else ())
    return known


def _is_path(word: str) -> bool:
    return not word.startswith("-") and (
        "/" in word or word.endswith((".jsonl", ".zst", ".har")) or Path(word).exists()
    )


ELSEWHERE = {
    "help": "`realtime-inspector COMMAND --help` explains one",
    "play": "`realtime-inspector open call.jsonl` plays it (p); `export call.jsonl --to wav` writes the sound",
    "record": "`proxy` records clients that are pointed at it, `run -- CMD` one program",
    "replay": "`mock` serves a recording, `exec` does so for one program, `drive` plays its client",
    "rules": "`explain --all` has every rule",
    "version": "`realtime-inspector --version` prints it",
    "view": "`open` shows recordings on a full screen, `show` as text",
}
"""What people call a command that has another name here, and which one that is."""


def _no_such_command(name: str, known: list[str]) -> str:
    if name in ELSEWHERE:
        return f"no command {name!r}; {ELSEWHERE[name]}"
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean `{near[0]}`?" if near else "`realtime-inspector --help` lists them"
    return f"no command and no file {name!r}; {hint}"
