"""`completion`: what a shell needs to complete this command line."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from realtime_inspector.cli import output

PROGRAMS = ("realtime-inspector", "rti")
SHELLS = ("bash", "zsh", "fish")

_HELP = """Print the completion script of a shell; load it where the shell starts.

\b
  bash   eval "$(realtime-inspector completion bash)"          in ~/.bashrc
  zsh    eval "$(realtime-inspector completion zsh)"           in ~/.zshrc
  fish   realtime-inspector completion fish > \\
           ~/.config/fish/completions/realtime-inspector.fish
"""


@click.command("completion", help=_HELP)
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print a completion script."""
    output.write_lines(script(shell, program) for program in PROGRAMS)


def script(shell: str, program: str) -> str:
    """Return the script by which a shell completes the program of that name."""
    from realtime_inspector.cli.commands import COMPLETE_VARIABLE, command_line

    form = get_completion_class(shell)
    if form is None:
        raise ValueError(f"no completion for the shell {shell!r}")
    return form(command_line(), {}, program, COMPLETE_VARIABLE).source()
