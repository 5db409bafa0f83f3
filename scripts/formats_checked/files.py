"""Pages, tables, archives and programs."""

from __future__ import annotations

from formats_checked.place import Objection, Place, Verdict, node_version, ran, said, tool, version

CHROMIUM = """
import sys
from pathlib import Path
from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=sys.argv[1], args=["--no-sandbox"])
    for path in sys.argv[2:]:
        page = browser.new_page()
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        page.goto(Path(path).as_uri())
        page.wait_for_load_state("networkidle")
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        sounds = page.evaluate("[...document.querySelectorAll('audio')].map(each => each.error && each.error.message)")
        foreign = [url for url in asked[1:] if not url.startswith("data:")]
        if len(asked) < 1 or foreign or said or any(sounds):
            sys.exit(f"{path}: asked for {foreign}, said {said}, sounds {sounds}")
        if page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") == "none":
            sys.exit(f"{path}: its style is not let in")
        page.close()
    print(browser.version, f"{len(sys.argv) - 2} pages, no request, nothing on the console, sounds play", sep="|")
    browser.close()
"""
DUCKDB = """
import sys, duckdb
rows = files = 0
for path in sys.argv[1:]:
    if path.endswith(".csv"):
        options = "header=true, strict_mode=true, all_varchar=true, delim=',', quote='\\"', escape='\\"'"
        found = duckdb.execute(f"select * from read_csv(?, {options})", [path])
    else:
        found = duckdb.execute("select * from read_parquet(?)", [path])
    rows += len(found.fetchall())
    files += 1
print(f"{files} tables, {rows} rows")
"""


def html_validate(place: Place) -> Verdict:
    """Ask with the rules that it recommends."""
    modules = place.node("html-validate")
    pages = place.made("*.html")
    said(str(modules / ".bin/html-validate"), "--max-warnings", "0", *map(str, pages))
    return Verdict(node_version(modules, "html-validate"), f"{len(pages)} pages, nothing to complain of")


def nu(place: Place) -> Verdict:
    """Ask W3C's checker; of content policies with hashes it cannot tell."""
    modules = place.node("vnu-jar")
    pages = place.made("*.html")
    jar = next(modules.glob("vnu-jar/**/vnu.jar"))
    _, words = ran(tool("java"), "-jar", str(jar), "--format", "gnu", *map(str, pages))
    told = [line for line in words.splitlines() if "Content Security Policy" not in line]
    if told:
        raise Objection(f"{len(told)} complaints, such as {told[0].partition(': ')[2]}")
    return Verdict(node_version(modules, "vnu-jar"), f"{len(pages)} pages, no error, no warning")


def html_chromium(place: Place) -> Verdict:
    """Open each page and watch what it asks for, and what is said on its console."""
    pages = place.made("*.html")
    words = place.run_python(("playwright",), CHROMIUM, tool("chromium"), *pages)
    version_, _, what = words.partition("|")
    return Verdict(version_, what)


def duckdb(place: Place) -> Verdict:
    """Read tables strictly."""
    tables = place.made("*.csv", "tables/*.parquet")
    words = place.run_python(("duckdb", "pytz"), DUCKDB, *tables)
    return Verdict(version(place.python("duckdb", "pytz"), "duckdb"), words)


def bundle(place: Place) -> Verdict:
    """Test each archive."""
    archives = place.made("*.zip")
    for path in archives:
        if "No errors detected" not in said(tool("unzip"), "-t", str(path)):
            raise Objection(path.name)
    release = said("unzip", "-v").split()[1]
    return Verdict(release, f"{len(archives)} archives, no error")


def programs(place: Place) -> Verdict:
    """Let both languages read their programs; that they do what was recorded, the tests see."""
    ours, theirs = place.made("*.py"), place.made("*.mjs")
    python = str(place.python("ruff") / "python")
    for path in ours:
        said(python, "-W", "error", "-m", "py_compile", str(path))
    said(str(place.python("ruff") / "ruff"), "check", "--isolated", "--select", "E9,F,B,PLE,W6", *map(str, ours))
    for path in theirs:
        said(tool("node"), "--check", str(path))
    release = said("node", "--version")
    return Verdict(
        f"{version(place.python('ruff'), 'ruff')} (ruff), {release}", f"{len(ours)} and {len(theirs)} programs"
    )
