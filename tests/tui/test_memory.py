from __future__ import annotations

from pathlib import Path

import pytest

from realtime_inspector.tui.memory import MAX_FILTERS, Memory


def test_filters_are_remembered_from_start_to_start_the_latest_first(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "screens.json"
    for used in ("type:a", "type:b", "type:a", " "):
        Memory(path).used(used)
    assert Memory(path).filters == ["type:a", "type:b"]


def test_the_first_start_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "screens.json"
    assert [Memory(path).greet() for _ in range(2)] == [True, False]


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"filters":7}', b'{"filters":[1,"type:a"]}'])
def test_a_file_of_other_content_is_no_mistake(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "screens.json"
    path.write_bytes(content)
    memory = Memory(path)
    assert memory.filters in ([], ["type:a"])
    memory.used("type:b")
    assert Memory(path).filters[0] == "type:b"


def test_no_more_is_kept_than_anybody_looks_for_and_no_file_is_no_mistake(tmp_path: Path) -> None:
    memory = Memory()
    for number in range(MAX_FILTERS + 5):
        memory.used(f"n:{number}")
    assert len(memory.filters) == MAX_FILTERS
    (tmp_path / "file").write_text("")
    Memory(tmp_path / "file" / "screens.json").used("type:a")


def test_a_filter_is_saved_under_its_name_until_it_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "screens.json"
    for name, text in (("big", "bytes>1k"), ("all", ""), ("big", "bytes>1M")):
        Memory(path).save(name, text)
    assert dict(Memory(path).saved) == {"all": "", "big": "bytes>1M"}
    Memory(path).forget("all")
    Memory(path).forget("none")
    assert dict(Memory(path).saved) == {"big": "bytes>1M"}
    path.write_bytes(b'{"saved":{"two words":"n:1","seven":7,"big":"n:2"}}')
    assert dict(Memory(path).saved) == {"big": "n:2"}
