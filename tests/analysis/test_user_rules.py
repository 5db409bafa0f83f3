"""Rules of a project's own and of packages: how they are found, and what is said of those that do not load."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from realtime_inspector.analysis import user_rules
from realtime_inspector.analysis.lint import Linter, lint
from realtime_inspector.analysis.rule import Rule, all_rules
from realtime_inspector.errors import UsageError
from realtime_inspector.recording import transcript
from tests.analysis.sessions import events

GREETING = '''
from realtime_inspector.analysis.finding import Severity
from realtime_inspector.analysis.rule import Rule

class Greeting(Rule):
    """A greeting."""

    id = "MY001"
    name = "greeting"
    severity = Severity.WARNING
    on = ("response.create",)

    def check(self, event, before):
        yield self.finding(event, "hello", fix="say it")
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "rules"
    made.mkdir()
    return made


def load(*paths: Path) -> list[Rule]:
    return user_rules.load(paths, all_rules())


def refused(*paths: Path) -> str:
    with pytest.raises(UsageError) as raised:
        load(*paths)
    return str(raised.value)


def test_the_rules_of_a_folder_are_asked_like_the_others(folder: Path) -> None:
    (folder / "greeting.py").write_text(GREETING)
    (rule,) = load(folder)
    assert (rule.id, rule.origin) == ("MY001", str(folder / "greeting.py"))
    assert [found.message for found in lint(transcript.entries('> {"type": "response.create"}'), [rule])] == ["hello"]


def test_a_file_with_a_dash_in_front_of_its_name_is_a_helper(folder: Path) -> None:
    (folder / "_words.py").write_text("HELLO = 'hi'\n")
    (folder / "greeting.py").write_text("from ._words import HELLO\n" + GREETING.replace('"hello"', "HELLO"))
    (rule,) = load(folder)
    assert [found.message for found in lint(transcript.entries('> {"type": "response.create"}'), [rule])] == ["hi"]


def test_a_single_file_may_be_named_and_is_read_anew_each_time(folder: Path) -> None:
    file = folder / "greeting.py"
    file.write_text(GREETING)
    assert [rule.id for rule in load(file)] == ["MY001"]
    file.write_text(GREETING.replace("MY001", "MINE002"))
    assert [rule.id for rule in load(file)] == ["MINE002"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = 1\nraise ValueError('no\\nway')", "bad.py:2: does not load: ValueError: no way"),
        ("import sys\nsys.exit(3)", "bad.py:2: does not load: SystemExit: 3"),
        ("def f(:\n", "bad.py:1: does not load: SyntaxError: invalid syntax"),
        ("import no_such_module_here", "bad.py:1: does not load: ModuleNotFoundError: No module named"),
        ("x = 1", "bad.py: no rule in it: a subclass of Rule with an id; begin a helper's name with _"),
        (GREETING.replace("MY001", "my-1"), "bad.py: Greeting is no rule: its id is 'my-1'; letters and three digits"),
        (GREETING.replace('"greeting"', '"A b"'), "bad.py: Greeting is no rule: its name is 'A b'"),
        (GREETING.replace("Severity.WARNING", '"warning"'), "bad.py: Greeting is no rule: its severity is 'warning'"),
        (
            GREETING.replace('("response.create",)', '"error"'),
            "on is 'error'; a tuple of texts is wanted",
        ),
        (GREETING.replace('("response.create",)', "()"), "bad.py: Greeting is no rule: on is empty"),
        (GREETING.replace('    name = "greeting"\n', ""), "bad.py: Greeting is no rule: it has no name"),
        (GREETING.replace("def check", "def __init__(self): 1 / 0\n\n    def check"), "cannot be made: ZeroDivision"),
        (GREETING.replace("MY001", "TOOL003"), "bad.py: TOOL003 is the rule TOOL003 missing-call-id of this tool"),
        (GREETING.replace('"greeting"', '"missing-call-id"'), "missing-call-id is the rule TOOL003 missing-call-id of"),
    ],
)
def test_what_does_not_load_is_told_with_file_and_reason(folder: Path, text: str, problem: str) -> None:
    (folder / "bad.py").write_text(text)
    message = refused(folder)
    assert problem in message
    assert message.startswith(str(folder / "bad.py"))
    assert "\n" not in message


def test_a_folder_without_rules_or_none_at_all_is_a_mistake(folder: Path) -> None:
    assert refused(folder).startswith(f"{folder}: no rules in this folder")
    assert refused(folder / "nowhere") == f"{folder / 'nowhere'}: no such folder or file of rules"


def test_an_id_is_given_once(folder: Path) -> None:
    for name in ("one", "two"):
        (folder / f"{name}.py").write_text(GREETING)
    assert f"{folder / 'two.py'}: MY001 is the rule MY001 greeting of {folder / 'one.py'}; choose" in refused(folder)


def package(site: Path, point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package of rules."""
    info = site / "my_rules-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-rules\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{user_rules.GROUP}]\nmine = {point}\n")
    (site / "my_rules_for_tests.py").write_text(GREETING + "\nBOTH = [Greeting]\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "my_rules_for_tests", raising=False)


@pytest.mark.parametrize("point", ["my_rules_for_tests", "my_rules_for_tests:Greeting", "my_rules_for_tests:BOTH"])
def test_a_package_names_its_rules_as_entry_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    package(tmp_path / "site", point, monkeypatch)
    (rule,) = load()
    assert (rule.id, rule.origin) == ("MY001", f"my-rules (entry point mine = {point})")


@pytest.mark.parametrize(
    ("point", "problem"),
    [
        ("my_rules_for_tests:Missing", "does not load: AttributeError: module 'my_rules_for_tests' has no attribute"),
        ("no_such_rules_module", "does not load: ModuleNotFoundError: No module named 'no_such_rules_module'"),
        ("my_rules_for_tests:__name__", "'my_rules_for_tests' is no rule; name a subclass of Rule"),
    ],
)
def test_a_package_whose_rules_do_not_load_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str, problem: str
) -> None:
    package(tmp_path / "site", point, monkeypatch)
    assert refused().startswith(f"my-rules (entry point mine = {point}): {problem}")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("raise KeyError('x')", "KeyError: 'x', greeting.py:14"),
        ("raise SystemExit(0)", "SystemExit: 0, greeting.py:14"),
        ("yield 'hello'", "TypeError: 'hello' is not what it is asked for, "),
        ("yield self.finding(event, 'x', severity='bad')", "TypeError: a finding's severity and message are 'bad'"),
        ("return 5", "TypeError: 'int' object is not iterable, "),
    ],
)
def test_one_that_raises_is_told_in_a_line_and_costs_no_other_finding(folder: Path, body: str, problem: str) -> None:
    (folder / "greeting.py").write_text(GREETING.replace('yield self.finding(event, "hello", fix="say it")', body))
    (folder / "other.py").write_text(GREETING.replace("MY001", "MY002").replace('"greeting"', '"other"'))
    linter = Linter(load(folder))
    found = [each for event in events('> {"type": "response.create"}\n' * 3) for each in linter.feed(event)]
    assert [each.rule for each in found] == ["MY002"] * 3
    (line,) = linter.troubles
    assert line.startswith(f"{folder / 'greeting.py'}: the rule MY001 greeting is broken ({problem}")
    assert line.endswith(" at entry 1, response.create; it is left out from there on")
