"""Real traffic, where it lies beside the checkout: read without loss, and explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_inspector.analysis.lint import lint
from realtime_inspector.formats import read_any

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
SESSIONS = sorted((CORPUS / "real").glob("*.jsonl"))
POST = CORPUS / "forum_post.txt"

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus beside this checkout")


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_a_real_session_is_read_and_judged(path: Path) -> None:
    readable = read_any(path)
    assert list(readable)
    lint(readable, header=readable.header)


def test_a_forum_post_is_explained() -> None:
    readable = read_any(POST)
    assert {"TOOL003", "RSP008"} <= {finding.rule for finding in lint(readable, header=readable.header)}
