"""The documents as a site: every page has its place, and every link into a page its heading."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.pages import PAGES, ROOT, name_of

SITE = ROOT / "mkdocs.yml"
DOCS = ROOT / "docs"


@cache
def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    ids = re.findall(r'<a id="([^"]+)">', text)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles} | set(ids)


def test_every_page_has_its_place_in_the_site() -> None:
    listed = re.findall(r"([\w/-]+\.md)$", SITE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_to_a_heading_leads_to_one(page: Path) -> None:
    lost = []
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target and anchor not in headings((page.parent / target).resolve() if target else page):
            lost.append(f"{target}#{anchor}")
    assert lost == []


def test_no_page_of_the_site_links_to_what_the_site_has_not() -> None:
    lost = []
    for page in DOCS.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            there = (page.parent / target).resolve()
            if "://" not in target and not (there.is_relative_to(DOCS.resolve()) and there.is_file()):
                lost.append(f"{name_of(page)}: {target}")
    assert lost == []
    assert "exclude_docs" not in SITE.read_text(encoding="utf-8")
