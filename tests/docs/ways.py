"""Every line of the pages, and how it is run.

Its way is a test of this folder, `alone` the one of `tests/test_docs.py`, `elsewhere` another. What no test can run
stands in `outside.py`, with the reason and what is looked at instead. `test_lines.py` lets no line be without a way.
"""

from __future__ import annotations

import re
from functools import cache

from tests.docs.outside import OUTSIDE
from tests.pages import Shown, typed
from tests.test_docs import runs

LINES = typed()

WAYS = {
    "proxy": r"realtime-inspector proxy(?! --mode)(?! --otlp).*",
    "simulate": r"realtime-inspector simulate.*",
    "mock": r"realtime-inspector mock \S.*",
    "serve": r"realtime-inspector serve.*",
    "open": r"realtime-inspector open.*",
    "mcp": r"realtime-inspector mcp.*",
    "run": r"realtime-inspector run (?!--otlp).*",
    "exec": r"realtime-inspector exec .*",
    "drive": r"realtime-inspector drive \S.*",
    "attach": r"realtime-inspector attach .*",
    "doctor": r"realtime-inspector doctor",
    "traces": r"realtime-inspector \S+ .*--?(to )?otlp .*|realtime-inspector export \S+ --to otlp",
    "pointed": r"OPENAI_BASE_URL=.* (python|node) .*",
    "variable": r"(NO_PROXY|OTEL_EXPORTER_OTLP_HEADERS)=\S+",
    "program": r"realtime-inspector export \S+ --to python .*",
    "shell": r"(mkdir|mv|touch|which) .*",
    "uv": r"uv add .*",
}
"""Way → the lines that go it, each run by the tests of this folder."""

ELSEWHERE = {
    r"pytest --realtime-record-mode=once": "tests/test_docs_clients.py::test_the_example_for_pytest_passes",
    r"pytest --junit-xml=\S+ tests": "tests/test_ci_files.py::test_pytest_runs_as_the_page_says",
    r".*uv run realtime-inspector demo": "tests/test_docs.py::test_the_readme_shows_what_its_first_line_prints",
    r"jq -c .*": "tests/test_docs.py::test_the_jq_line_of_the_format_lists_what_the_client_sent",
    r"realtime-inspector proxy --mode forward":
        "tests/cli/test_intercepting.py::test_a_forward_proxy_says_how_to_use_it_records_and_ends_in_good_order",
    r"realtime-inspector COMMAND --help": "tests/test_docs.py::test_every_command_s_help_begins_with_examples",
    r"OPENAI_BASE_URL=\S+( SSL_CERT_FILE=.*)?":
        "tests/test_docs_clients.py::test_the_python_sdk_is_pointed_at_the_proxy_by_the_line",
    r"OPENAI_BASE_URL=\S+ NODE_EXTRA_CA_CERTS=\S+ ca\)\"":
        "tests/test_docs_clients.py::test_node_trusts_the_proxy_by_the_line",
}  # fmt: skip
"""Lines that other tests run, since they look closer."""

WORDS = frozenset({
    "mitmdump -w", "mitmproxy -w", "npm test", "pipx uninstall", "realtime-inspector drive",
    "realtime-inspector mock", "realtime-inspector repair", "uv pip check", "uv tool", "uv tool install",
})  # fmt: skip
"""Parts of lines that a sentence names: nobody types them as they are."""


@cache
def ways(line: Shown) -> tuple[str, ...]:
    """Return all ways that claim a line."""
    found = [way for way, form in WAYS.items() if re.fullmatch(form, line.line)]
    found += ["alone"] * bool(line.calls and runs(line))
    found += ["elsewhere" for form in ELSEWHERE if re.fullmatch(form, line.line)]
    found += ["outside"] * (line.line in OUTSIDE)
    found += ["word"] * (line.line in WORDS)
    return tuple(found)


def lines(way: str) -> list[str]:
    """Return the lines that go a way, each once."""
    return list(dict.fromkeys(line.line for line in LINES if ways(line) == (way,)))
