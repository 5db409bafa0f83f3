"""`schema`: the JSON Schema of a recording's lines."""

from __future__ import annotations

import click

from realtime_inspector.cli import output
from realtime_inspector.recording import schema

_HELP = """Print the JSON Schema of a recording's lines: the header and every kind of entry.

\b
  realtime-inspector schema > recording.schema.json
"""


@click.command("schema", help=_HELP)
def command() -> None:
    """Print the schema."""
    output.write(schema.text())
