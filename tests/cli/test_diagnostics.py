"""What is said when a command line is wrong."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from realtime_inspector.cli import diagnostics
from tests.cli.helpers import CommandLine


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "completion",
            "missing argument '{bash|zsh|fish}'; choose from: bash, zsh, fish; "
            "see `realtime-inspector completion --help`",
        ),
        ("lint --foo", "no such option '--foo'; did you mean '--format'?"),
        ("mock", "missing argument 'FILE'; see `realtime-inspector mock --help`"),
        ("lint --fail-on never", "invalid value for '--fail-on': 'never' is not one of 'error', 'warning', 'info'; "
         "see `realtime-inspector lint --help`"),
    ],
)  # fmt: skip
def test_a_wrong_command_line_is_told_in_one_sentence_with_the_way_on(rti: CommandLine, line: str, said: str) -> None:
    assert rti(*line.split()).err == f"realtime-inspector: {said}\n"


def test_the_value_of_an_argument_is_told_without_the_argument_s_name(tmp_path: Path) -> None:
    command = click.Command("look", params=[click.Argument(["path"], type=click.Path(exists=True))])

    with pytest.raises(click.BadParameter) as caught:
        command.make_context("look", ["nowhere"])
    assert diagnostics.explain(caught.value) == ("path 'nowhere' does not exist; see `look --help`", 2)
