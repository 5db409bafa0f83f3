"""The standard error: talk, warnings, and what went wrong, in one line each."""

from __future__ import annotations

import re
import sys
import traceback
from pathlib import Path

import click
from click.core import ParameterSource

from realtime_inspector.cli import config, output
from realtime_inspector.errors import InspectorError, UpstreamError, UsageError

PROGRAM = "realtime-inspector"


def say(text: str) -> None:
    """Tell the user something that is not data."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def warn(text: str) -> None:
    """Tell the user of something that did not stop the command."""
    say(f"{PROGRAM}: {_one_line(text)}")


def report(error: Exception, *, debug: bool = False) -> int:
    """Tell what went wrong, in one line, and return the exit code it has."""
    if debug:
        traceback.print_exception(error)
    message, code = explain(error)
    ink = output.Ink(on=output.wants_colour(sys.stderr))
    say(f"{ink(PROGRAM + ':', 'bold')} {_one_line(message)}")
    return code


def explain(error: Exception) -> tuple[str, int]:
    """Return what to say about an error, and the exit code."""
    match error:
        case InspectorError():
            return str(error), error.exit_code
        case click.ClickException():
            return _usage(error), UsageError.exit_code
        case ConnectionError() | TimeoutError():
            return str(error) or type(error).__name__, UpstreamError.exit_code
        case OSError(filename=name, strerror=why) if name is not None and why:
            return f"{_shown(name)}: {why[:1].lower()}{why[1:]}", UsageError.exit_code
        case OSError(strerror=why) if why:
            return f"{why[:1].lower()}{why[1:]}", UsageError.exit_code
        case _:
            return _bug(error), InspectorError.exit_code


def _usage(error: click.ClickException) -> str:
    message = _SENTENCE.sub(lambda found: f"; {found[1].lower()}", " ".join(_said(error).split())).rstrip(".")
    message = f"{message[:1].lower()}{message[1:]}{_origin(error)}"
    ctx = getattr(error, "ctx", None)
    told = "`" in message or message.endswith("?")
    return message if ctx is None or told else f"{message}; see `{ctx.command_path} --help`"


_SENTENCE = re.compile(r"\. (Choose|Did|Recognized)\b")
"""How click begins its second sentence."""


def _said(error: click.ClickException) -> str:
    """Return click's words; of an argument's value without the argument's name, which nobody typed."""
    if isinstance(error, click.NoSuchOption):  # which each release of click words in its own way
        near = " or ".join(map(repr, sorted(error.possibilities or ())))
        return f"no such option {error.option_name!r}" + (f". Did you mean {near}?" if near else "")
    if isinstance(error, click.BadParameter) and isinstance(error.param, click.Argument):
        return error.format_message() if isinstance(error, click.MissingParameter) else error.message
    return error.format_message()


def _origin(error: click.ClickException) -> str:
    """Say where a value comes from that the command line does not have."""
    if not isinstance(error, click.BadParameter) or not isinstance(error.param, click.Option) or error.ctx is None:
        return ""
    if error.ctx.get_parameter_source(error.param.name or "") is not ParameterSource.DEFAULT_MAP:
        return ""
    return f" (in {config.origin(error.ctx.info_name or '', error.param)})"


def _bug(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    at = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return (
        f"a bug in {PROGRAM}: {said}{at}; please report it {_where_to_report()} with what `{PROGRAM} --debug …` prints"
    )


def _where_to_report() -> str:
    """Return the address for bugs that the installed package names."""
    from importlib import metadata

    try:
        urls = metadata.metadata(PROGRAM).get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        urls = []
    address = next((url.partition(", ")[2] for url in urls if url.startswith("Issues,")), "")
    return f"at {address}" if address else "to the project"


def _shown(name: object) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else str(name)


def _one_line(text: str) -> str:
    """Join lines, and show what could steer a terminal instead of sending it."""
    if "pip install" in text:
        from realtime_inspector.cli.extras import as_installed

        text = as_installed(text)
    joined = " ".join(text.split("\n"))
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in joined)
