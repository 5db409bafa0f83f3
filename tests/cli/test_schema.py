"""`schema`: the JSON Schema of a recording's lines."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs

from tests.cli.helpers import CommandLine, write_recording


def test_what_is_printed_is_a_schema_that_recordings_fit(rti: CommandLine) -> None:
    ran = rti("schema")
    assert (ran.code, ran.err) == (0, "")
    schema = json.loads(ran.out)
    jsonschema_rs.meta.validate(schema)
    validator = jsonschema_rs.validator_for(schema)
    path = write_recording(
        Path("call.jsonl"), '> GET /v1/realtime\n< 101\n> {"type": "a"}\n> [1]\n! 2 full\nx> 1000\nx'
    )
    for line in path.read_text().splitlines():
        validator.validate(json.loads(line))
    assert not validator.is_valid({"n": 1, "t": 0, "from": "client", "kind": "message"})
