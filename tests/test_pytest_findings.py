"""The findings of a test: what the linter says, with the rules as the project wants them."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_inspector.errors import UsageError
from realtime_inspector.pytest_plugin.server import RealtimeServer
from realtime_inspector.recording import transcript
from realtime_inspector.recording.entry import Entry, Header
from tests.analysis.test_user_rules import GREETING

TWICE = """
> {"type": "response.create"}
< {"type": "response.created", "response": {"id": "r1"}}
> {"type": "response.create"}
+1s < {"type": "response.done", "response": {"id": "r1"}}
"""


class Served(RealtimeServer):
    """One connection, and what happened on it."""

    def _happened(self) -> list[tuple[Header | None, list[Entry]]]:
        return [(None, transcript.entries(TWICE))]


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "realtime-inspector.toml"


def found() -> list[tuple[str, str]]:
    return [(finding.rule, finding.severity.value) for finding in Served("http://127.0.0.1:1").findings]


def test_a_project_chooses_rules_and_severities(configuration: Path) -> None:
    assert ("RSP001", "error") in found()
    configuration.write_text('[lint]\nselect = ["RSP001"]\nseverity.RSP001 = "info"\n')
    assert found() == [("RSP001", "info")]
    configuration.write_text('select = ["RSP001"]\n')
    assert found() == [("RSP001", "error")]
    configuration.write_text('[lint]\nselect = ["RSP01"]\nignore = ["NO"]\n')
    with pytest.raises(UsageError, match=r"realtime-inspector\.toml: lint: no rule 'NO'"):
        found()


def test_a_rule_of_the_project_that_raises_is_a_warning(configuration: Path) -> None:
    (configuration.parent / "mine.py").write_text(GREETING.replace("yield", "raise ValueError('oh')\n        yield"))
    configuration.write_text('[lint]\nrules = ["mine.py"]\nselect = ["MY"]\n')
    with pytest.warns(UserWarning, match="the rule MY001 greeting is broken"):
        assert found() == []
