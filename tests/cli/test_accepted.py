"""What `lint` is told to accept: one finding with a reason, or all there are; and when that is out of date."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.helpers import CommandLine, write_recording

TWICE = """
> {"type": "response.create"}
< {"type": "response.created", "response": {"id": "r1"}}
> {"type": "response.create"}
< {"type": "error", "error": {"code": "conversation_already_has_active_response", "message": "no"}}
> {"type": "response.create"}
< {"type": "error", "error": {"code": "conversation_already_has_active_response", "message": "no"}}
+200ms < {"type": "response.done", "response": {"id": "r1", "status": "completed"}}
x
"""
ONLY = ("--select", "RSP001")
SIDECAR = Path("recordings/call.jsonl.suppress.toml")


@pytest.fixture(autouse=True)
def call(rti: CommandLine) -> Path:
    return write_recording(Path("recordings/call.jsonl"), TWICE)


def test_one_finding_is_suppressed_with_its_reason_and_stands_apart(rti: CommandLine) -> None:
    assert rti("lint", *ONLY).out.count("RSP001") == 2
    ran = rti("lint", *ONLY, "--suppress", "rsp001@3", "--reason", "the client waits for the error")

    assert ran.err == f"{SIDECAR}: RSP001 at entry 3 is suppressed\n"
    assert "1 error in 1 recording (8 entries); 1 suppressed\n" in ran.out
    (recording,) = json.loads(rti("lint", *ONLY, "--format", "json").out)["recordings"]
    assert [each["entry"] for each in recording["findings"]] == [5]
    (accepted,) = recording["accepted"]
    assert (accepted["entry"], accepted["by"], accepted["reason"]) == (
        3,
        "suppression",
        "the client waits for the error",
    )


def test_all_findings_of_a_rule_are_suppressed_without_an_entry(rti: CommandLine) -> None:
    assert rti("lint", *ONLY, "--suppress", "response-already-active", "--reason", "x").code == 0
    assert rti("lint", *ONLY).out == "no findings in 1 recording (8 entries); 2 suppressed\n"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--suppress", "RSP001@3"], "--suppress RSP001@3: say why it is accepted, with --reason WHY"),
        (["--suppress", "RSP001@x", "--reason", "y"], "--suppress RSP001@x: 'x' is no number of an entry"),
        (["--suppress", "RSP9", "--reason", "y"], "--suppress RSP9: no rule 'RSP9'; did you mean 'RSP009'?"),
        (["--suppress", "RSP", "--reason", "y"], "--suppress RSP: a group of rules; name one of them, such as RSP001"),
        (["--suppress", "RSP001@4", "--reason", "y"], "recordings/call.jsonl: RSP001 finds nothing at entry 4;"),
        (["--suppress", "MCP001", "--reason", "y"], "recordings/call.jsonl: MCP001 finds nothing here"),
        (["--reason", "y"], "--reason goes with --suppress RULE@ENTRY"),
        (["--write-baseline"], "--write-baseline goes with --baseline FILE: say where"),
        (["--baseline", "no.json"], "no.json: no baseline (No such file or directory); make it with --write-baseline"),
    ],
)  # fmt: skip
def test_what_cannot_be_accepted_is_told(rti: CommandLine, arguments: list[str], problem: str) -> None:
    ran = rti("lint", *arguments)
    assert ran.code == 2
    assert ran.err.splitlines()[-1].startswith(f"realtime-inspector: {problem}")
    assert not SIDECAR.exists()


def test_a_suppression_is_about_one_recording(rti: CommandLine) -> None:
    write_recording(Path("recordings/other.jsonl"), TWICE)
    ran = rti("lint", "--suppress", "RSP001", "--reason", "x")
    assert ran.err.endswith("name the one recording that it is about; here are 2\n")


def test_a_suppression_that_is_not_needed_any_more_is_an_error_until_it_is_pruned(rti: CommandLine) -> None:
    rti("lint", *ONLY, "--suppress", "RSP001", "--reason", "x")
    write_recording(Path("recordings/call.jsonl"), '> {"type": "response.create"}\nx')

    ran = rti("lint", *ONLY, "--exit-zero")
    assert ran.code == 2
    assert ran.out == "no findings in 1 recording (2 entries)\n"
    assert ran.err == (
        f"realtime-inspector: {SIDECAR}:3: RSP001 is not found any more; "
        "`realtime-inspector lint --prune` takes the suppression out\n"
    )
    assert rti("lint", "--select", "TOOL").code == 0
    assert rti("lint", *ONLY, "--prune").err == "1 taken out of what is accepted\n"
    assert not SIDECAR.exists()
    assert rti("lint", *ONLY).code == 0


def test_a_sidecar_without_a_reason_ends_the_command(rti: CommandLine) -> None:
    SIDECAR.write_text('[[suppress]]\nrule = "RSP001"\n')
    ran = rti("lint", *ONLY)
    assert ran.code == 2
    assert ran.err.startswith(f"realtime-inspector: {SIDECAR}:1: the suppression of RSP001 has no reason")


def test_with_a_baseline_only_what_is_new_is_told(rti: CommandLine) -> None:
    baseline = ("--baseline", "known.json")
    written = rti("lint", *ONLY, *baseline, "--write-baseline")
    assert written.code == 0
    assert written.err == "known.json: 2 findings of 1 recording; only what is new is told from here on\n"
    assert rti("lint", *ONLY, *baseline).out == "no findings in 1 recording (8 entries); 2 in the baseline\n"

    third = TWICE.replace("+200ms", '> {"type": "response.create"}\n+200ms')
    write_recording(Path("recordings/call.jsonl"), third.replace("r1", "resp_other"))
    again = rti("lint", *ONLY, *baseline)
    assert (again.code, again.out.count(": error RSP001")) == (1, 1)


def test_a_baseline_that_is_out_of_date_is_an_error_until_it_is_pruned(rti: CommandLine) -> None:
    baseline = ("--baseline", "known.json")
    rti("lint", *ONLY, *baseline, "--write-baseline")
    write_recording(Path("recordings/call.jsonl"), '> {"type": "response.create"}\nx')
    ran = rti("lint", *ONLY, *baseline)
    assert ran.code == 2
    assert ran.err == (
        "realtime-inspector: known.json: RSP001 response-already-active of recordings/call.jsonl is not found any "
        "more; `realtime-inspector lint --prune` takes it out\n"
    )
    assert rti("lint", *ONLY, *baseline, "--prune").code == 0
    assert json.loads(Path("known.json").read_text())["recordings"] == {}
    assert rti("lint", *ONLY, *baseline).code == 0


def test_the_project_may_name_the_baseline(rti: CommandLine) -> None:
    Path("realtime-inspector.toml").write_text('[lint]\nbaseline = "known.json"\n')
    assert rti("lint", *ONLY, "--write-baseline").code == 0
    assert rti("lint", *ONLY).code == 0


def test_a_suppression_of_a_log_is_needed_if_one_of_its_sessions_needs_it(rti: CommandLine) -> None:
    created = (
        '{{"type": "session.created", "event_id": "e{0}", "session": {{"id": "s{0}", "model": "m", "audio": {{}}}}}}\n'
    )
    update = '{"type": "session.update", "event_id": "c1", "session": {"voice": "alloy"}}\n'
    Path("app.log").write_text(created.format(1) + created.format(2) + update)
    ran = rti("lint", "--select", "SES001", "app.log", "--suppress", "SES001", "--reason", "x")
    assert (ran.code, ran.err) == (0, "app.log.suppress.toml: SES001 is suppressed\n")
    assert rti("lint", "--select", "SES001", "app.log").code == 0


def test_a_suppression_needs_a_file_to_stand_beside(rti: CommandLine) -> None:
    ran = rti("lint", "-", "--suppress", "RSP001", "--reason", "x")
    assert ran.err == "realtime-inspector: --suppress RSP001: - is no file that it could stand beside\n"
