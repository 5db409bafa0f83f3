from __future__ import annotations

from pathlib import Path

import pytest

from realtime_inspector.errors import UsageError
from realtime_inspector.tui import files, notes
from realtime_inspector.tui.notes import Note, Notes
from realtime_inspector.tui.study import Study
from tests.tui import sample


def test_notes_are_kept_beside_the_recording_and_leave_it_alone(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl")
    before = path.read_bytes()
    kept = Notes(path)
    assert kept.mark(41)
    kept.comment(7, " too early\n")
    kept.tag(["#bug", "slow", "bug", "#"])
    again = Notes(path)
    assert (again[41], again[7], again[8]) == (Note(marked=True), Note(comment="too early"), Note())
    assert (list(again.entries), again.tags) == ([7, 41], ("bug", "slow"))
    assert path.read_bytes() == before
    assert kept.path.name == "call.jsonl.notes.json"
    assert kept.path.stat().st_mode & 0o777 == 0o600


def test_the_file_goes_with_the_last_note(tmp_path: Path) -> None:
    kept = Notes(tmp_path / "call.jsonl")
    kept.mark(3)
    assert not kept.mark(3)
    assert not kept.path.exists()


@pytest.mark.parametrize("content", [b"", b"[]", b'{"tags":7,"entries":[]}', b'{"tags":[1],"entries":{"x":1,"3":[]}}'])
def test_what_is_no_note_is_passed_over(tmp_path: Path, content: bytes) -> None:
    notes.path_of(tmp_path / "call.jsonl").write_bytes(content)
    assert (Notes(tmp_path / "call.jsonl").tags, Notes(tmp_path / "call.jsonl").entries) == ((), [])


def test_where_nothing_can_be_written_nothing_is_changed(tmp_path: Path) -> None:
    kept = Notes(tmp_path / "gone" / "call.jsonl")
    with pytest.raises(UsageError, match="notes cannot be kept there: No such file or directory"):
        kept.mark(3)
    with pytest.raises(UsageError):
        kept.tag(["x"])
    assert (kept[3], kept.tags) == (Note(), ())


def test_a_note_marks_its_row_and_the_fold_that_hides_it(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl")
    for n in (8, 41):
        Notes(path).mark(n)
    study = Study(path, sample.RULES)
    study.read_on(lambda: True)
    rows = [study.folding.row(y) for y in range(len(study.folding))]
    assert [row.position + 1 for row in rows if study.cells(row).noted] == [6, 41]
    assert list(study.noted()) == [7, 40]
    study.close()


def test_deleting_a_recording_takes_its_notes_along(tmp_path: Path) -> None:
    path = sample.write(tmp_path / "call.jsonl")
    other = sample.write(tmp_path / "other.jsonl")
    Notes(path).mark(1)
    files.delete(path)
    assert list(tmp_path.iterdir()) == [other]


def test_a_file_of_another_name_is_proposed_where_one_is(tmp_path: Path) -> None:
    assert files.free_name(tmp_path, "call", ".md").name == "call.md"
    files.write(tmp_path / "call.md", [b"a", b"b"])
    assert files.free_name(tmp_path, "call", ".md").name == "call-2.md"
    assert (tmp_path / "call.md").read_bytes() == b"ab"
    with pytest.raises(UsageError, match="cannot be written"):
        files.write(tmp_path / "no" / "call.md", [])
    assert [path.name for path in tmp_path.iterdir()] == ["call.md"]
