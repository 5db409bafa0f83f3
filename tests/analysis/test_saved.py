"""The filters that a project has saved in its configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_inspector.analysis import saved
from realtime_inspector.analysis.project import FILE
from realtime_inspector.errors import UsageError


def test_a_project_has_filters_for_all_folders_in_it(tmp_path: Path) -> None:
    assert saved.of_project(tmp_path) == {}
    (tmp_path / FILE).write_text('[open.filters]\nrefused = "type:error"\n"v1.big-ones" = "bytes>1k"')
    (tmp_path / "calls").mkdir()
    assert saved.of_project(tmp_path / "calls") == {"refused": "type:error", "v1.big-ones": "bytes>1k"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[open]\nfilters = 7", "open.filters is no table"),
        ('[open.filters]\n"two words" = "n:1"', "'two words' is no name"),
        ("[open.filters]\nbig = 7", "open.filters.big: 7 is no filter"),
    ],
)
def test_what_are_no_filters_with_names_is_told(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(UsageError, match=problem):
        saved.of_project(tmp_path)
