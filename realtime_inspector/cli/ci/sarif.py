"""SARIF 2.1.0: a log of results, with the page of every check that was made.

A result is at its line of the recording; what began it is a related location. `primaryLocationLineHash` is what GitHub
tracks an alert by: it is the fingerprint here, since a line is never the same again when the session is recorded anew.
Source: the OASIS standard, and GitHub Docs, "SARIF support for code scanning" (read 2026-11-23).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import orjson

from realtime_inspector import __version__
from realtime_inspector.analysis.finding import Severity
from realtime_inspector.cli.ci.checked import Check, Suite, Told, problems
from realtime_inspector.recording.printable import printable, printable_lines

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "realtimeInspector/v1"
_BASE = "%SRCROOT%"
_WHOLE = re.compile(r"/|[A-Za-z]:/")
"""How a path begins that is none from the repository's root."""
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_KINDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
"""How GitHub calls the severity of a rule that is about quality, not security."""


def lines(suites: Sequence[Suite]) -> Iterator[str]:
    """Yield the document."""
    checks = list({case.check.id: case.check for suite in suites for case in suite.cases}.values())
    artifacts = {path: n for n, path in enumerate(dict.fromkeys(suite.path for suite in suites if suite.path))}
    places = {check.id: n for n, check in enumerate(checks)}
    run = {
        "tool": {
            "driver": {
                "name": "realtime-inspector",
                "semanticVersion": __version__,
                "rules": [_rule(check) for check in checks],
            }
        },
        "originalUriBaseIds": {_BASE: {"description": {"text": "The root of the repository."}}},
        "artifacts": [
            {"location": _artifact(path), "mimeType": "application/jsonl", "roles": ["analysisTarget"]}
            for path in artifacts
        ],
        "columnKind": "unicodeCodePoints",
        "results": [_result(told, places[told.check.id], artifacts) for told in problems(suites)],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    yield orjson.dumps(document, option=orjson.OPT_INDENT_2, default=dict).decode()


def _rule(check: Check) -> dict[str, Any]:
    page = check.page() if check.page is not None else check.what
    return {
        "id": check.id,
        "name": _pascal(check.name or check.id),
        "shortDescription": {"text": _sentence(check.what)},
        "fullDescription": {"text": _sentence(check.what)},
        "help": {"text": page.replace("**", "").replace("`", ""), "markdown": page},
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": {"tags": list(check.tags), "precision": "high", "problem.severity": _KINDS[check.severity]},
    }


def _result(told: Told, index: int, artifacts: dict[str, int]) -> dict[str, Any]:
    problem = told.problem
    result: dict[str, Any] = {
        "ruleId": told.check.id,
        "ruleIndex": index,
        "level": _LEVELS[problem.severity],
        "message": {"text": printable_lines(problem.words)},
        "locations": [_location(told.suite, problem.line, artifacts)],
    }
    if problem.steps:
        result["relatedLocations"] = [
            {"id": n, **_location(told.suite, step.line, artifacts), "message": {"text": printable(step.what)}}
            for n, step in enumerate(problem.steps, 1)
        ]
    result["partialFingerprints"] = {
        FINGERPRINT: f"{told.fingerprint}:{told.occurrence}",
        "primaryLocationLineHash": f"{told.fingerprint}:{told.occurrence}",
    }
    if problem.more:
        result["properties"] = dict(problem.more)
    return result


def _location(suite: Suite, line: int, artifacts: dict[str, int]) -> dict[str, Any]:
    if not suite.path:
        return {"logicalLocations": [{"name": printable(suite.name), "kind": "module"}]}
    place = {**_artifact(suite.path), "index": artifacts[suite.path]}
    return {"physicalLocation": {"artifactLocation": place, "region": {"startLine": max(line, 1)}}}


def _artifact(path: str) -> dict[str, Any]:
    """Return where a file is: relative to the repository's root, or by itself if it is outside."""
    if _WHOLE.match(path):
        return {"uri": f"file:///{quote(path.lstrip('/'), safe='/:-._~')}"}
    return {"uri": quote(path, safe="/-._~"), "uriBaseId": _BASE}


def _pascal(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^0-9A-Za-z]+", name))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
