"""The entry point: runs a command and turns whatever goes wrong into one line and an exit code.

    0    nothing wrong                        3    upstream or network
    1    findings, mismatch or difference     4    a recording that cannot be read
    2    usage or configuration               125  our own failure
    130  interrupted                          141  whoever read our output is gone (silent)

Imports nothing heavy: `--version` answers before the command line is even parsed.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

from realtime_inspector import __version__

PROGRAM = "realtime-inspector"
INTERRUPTED = 130
BROKEN_PIPE = 141


def main(args: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; raises nothing but `SystemExit` of a shell's completion."""
    arguments = list(sys.argv[1:] if args is None else args)
    _stand_in()
    if arguments in (["--version"], ["-V"]):
        return _print_version()
    try:
        from realtime_inspector.cli import diagnostics, output
    except KeyboardInterrupt:
        return INTERRUPTED
    output.prepare()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        output.abandon()
        return BROKEN_PIPE
    except (KeyboardInterrupt, EOFError):
        return INTERRUPTED
    except OSError as error:
        if os.name == "nt" and error.errno == errno.EINVAL and error.filename is None:  # a broken pipe's number there
            output.abandon()
            return BROKEN_PIPE
        return diagnostics.report(error, debug=_wants_traceback(arguments))
    except Exception as error:  # the outermost frame: everything becomes one line and an exit code
        return diagnostics.report(error, debug=_wants_traceback(arguments))
    return code


def _stand_in() -> None:
    """Put something in the place of standard streams that whoever called us has closed (`>&-`): there they are None."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - as long as we live


def _print_version() -> int:
    sys.stdout.write(f"{PROGRAM} {__version__}\n")
    return 0


def _run(arguments: list[str]) -> int:
    import click

    from realtime_inspector.cli.commands import COMPLETE_VARIABLE, command_line

    commands = command_line()
    if os.environ.get(COMPLETE_VARIABLE):
        commands.main(arguments, prog_name=_program(), complete_var=COMPLETE_VARIABLE)
    try:
        with commands.make_context(_program(), list(arguments)) as ctx:
            commands.invoke(ctx)
    except click.exceptions.Exit as left:
        return left.exit_code
    except click.Abort:
        return INTERRUPTED
    return 0


def _program() -> str:
    """Return the name this program was called by, where it is one of its own."""
    called = os.path.basename(sys.argv[0] if sys.argv else "").removesuffix(".exe")  # noqa: PTH119 - pathlib is slow to load
    return called if called == "rti" else PROGRAM


def _wants_traceback(arguments: Sequence[str]) -> bool:
    before_command = []
    for argument in arguments:
        if not argument.startswith("-"):
            break
        before_command.append(argument)
    return "--debug" in before_command or os.environ.get("REALTIME_INSPECTOR_DEBUG", "0") not in {"", "0", "false"}
