"""The formats of continuous integration."""

from __future__ import annotations

import re
import tarfile

from formats_checked.place import Objection, Place, Verdict, node_version, ran, version

NO_PAGE = "SARIF2005"
"""A tool should name its page in the web; this one has none."""
CTRF = """
import fs from 'node:fs';
import { validateStrict } from 'ctrf';
for (const file of process.argv.slice(2)) {
  const report = JSON.parse(fs.readFileSync(file));
  validateStrict(report);
  const { tests, summary } = report.results;
  for (const status of ['passed', 'failed', 'skipped'])
    if (tests.filter(test => test.status === status).length !== summary[status]) throw new Error(`${file}: ${status}`);
}
"""
JUNIT_SCHEMA = """
import sys, xmlschema
schema = xmlschema.XMLSchema(sys.argv[1])
for path in sys.argv[2:]:
    for error in schema.iter_errors(path):
        if error.reason not in {"'file' attribute not allowed for element", "'line' attribute not allowed for element"}:
            sys.exit(f"{path}: {error.path}: {error.reason}")
"""
JUNIT = """
import sys, junitparser
cases = failed = 0
for path in sys.argv[1:]:
    report = junitparser.JUnitXml.fromfile(path)
    said = (report.tests, report.failures, report.errors)
    for suite in report:
        for case in suite:
            cases += 1
            failed += any(isinstance(result, junitparser.Failure) for result in case.result)
    report.update_statistics()
    counted = (report.tests, report.failures, report.errors)
    if said != counted:
        sys.exit(f"{path}: it says {said}, and has {counted}")
print(f"{cases} cases, {failed} failed, as the totals say")
"""
GITHUB = """
import fs from 'node:fs';
import * as core from '@actions/core';
const marks = { '%3A': ':', '%2C': ',', '%0D': '\\r', '%0A': '\\n', '%25': '%' };
const plain = text => text.replace(/%(3A|2C|0D|0A|25)/g, mark => marks[mark]);
const ordered = (_, kind, all) => `::${kind} ${all.split(',').sort()}::`;
const sorted = text => text.trim().replace(/^::(\\w+) ([^:]*)::/, ordered);
let written = '', count = 0;
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = text => { written += text; return true; };
for (const file of process.argv.slice(2)) for (const line of fs.readFileSync(file, 'utf8').split('\\n')) {
  const found = line.match(/^::(error|warning|notice) ([^:]*)::(.*)$/s);
  if (!found) { if (line.startsWith('::')) throw new Error(`no command: ${line}`); continue; }
  const given = Object.fromEntries(found[2].split(',').map(pair => pair.split(/=(.*)/s).slice(0, 2)));
  const properties = { title: plain(given.title) };
  if (given.file) { properties.file = plain(given.file); properties.startLine = Number(given.line); }
  written = '';
  core[found[1]](plain(found[3]), properties);
  if (sorted(written) !== sorted(line)) throw new Error(`${file}: ${line} would be ${written}`);
  count += 1;
}
write(`${count} annotations, each as the toolkit would write it\\n`);
"""
MARKDOWN = """
import re, sys, cmarkgfm
tables = rows = 0
for path in sys.argv[1:]:
    text = open(path, encoding="utf-8", newline="").read()
    page = cmarkgfm.github_flavored_markdown_to_html(text)
    outside = re.sub(r"(?ms)^(`{3,})[^\\n]*\\n.*?^\\1", "", text)
    wanted = len(re.findall(r"(?m)^\\|", outside)) - len(re.findall(r"(?m)^\\|(:?-+:?\\|)+$", outside))
    found = page.count("<tr>")
    if wanted != found:
        sys.exit(f"{path}: {wanted} rows of tables are written, {found} are seen")
    if re.search(r"<(script|svg|img|b|iframe|!--)\\b", page):
        sys.exit(f"{path}: markup of a peer's gets through")
    tables += page.count("<table>")
    rows += found
print(f"{tables} tables with {rows} rows, no foreign markup")
"""


def sarif(place: Place) -> Verdict:
    """Ask for GitHub's rules too; what counts is what it says, for its exit code is 0 whatever it finds."""
    modules = place.node("@microsoft/sarif-multitool")
    reports = place.made("*.sarif")
    command = (str(modules / ".bin/sarif-multitool"), "validate", *(f'"{path}"' for path in reports))
    _, words = ran(*command, "--rule-kind", '"Sarif;Ghas"', "--output", str(place.folder / "said.sarif"))
    told = re.findall(r": (error|warning) (\w+): (.*)", words)
    objections = [f"{rule} {what}" for _, rule, what in told if rule != NO_PAGE]
    if objections or f"{len(reports)} files scanned" not in words or "completed successfully" not in words:
        raise Objection("; ".join(objections) or words[-300:])
    known = f", {NO_PAGE} (the tool has no page to name)" if told else ""
    return Verdict(node_version(modules, "@microsoft/sarif-multitool"), f"{len(reports)} logs: no error{known}")


def ctrf(place: Place) -> Verdict:
    """Validate strictly, and count anew."""
    reports = place.made("*.ctrf")
    place.run_node(("ctrf",), CTRF, *reports)
    return Verdict(node_version(place.node("ctrf"), "ctrf"), f"{len(reports)} reports fit its schema")


def junit_schema(place: Place) -> Verdict:
    """Hold them to the schema of Jenkins' xUnit plugin, which stands in pytest's sources."""
    packages = ("pip", "setuptools", "setuptools-scm", "xmlschema")
    programs = place.python(*packages)
    python = str(programs / "python")
    code, words = ran(
        python, "-m", "pip", "download", "-q", "--no-deps", "--no-binary=:all:", "-d", "sources", "pytest"
    )
    found = sorted(place.folder.glob("sources/pytest-*.tar.gz"))
    if code or not found:
        raise Objection(f"pytest's sources cannot be had: {words[-200:]}")
    with tarfile.open(found[0]) as archive:
        (name,) = (name for name in archive.getnames() if name.endswith("/junit-10.xsd"))
        archive.extract(name, place.folder, filter="data")
    reports = place.made("*.junit")
    place.run_python(packages, JUNIT_SCHEMA, place.folder / name, *reports)
    return Verdict(
        "10", f"{len(reports)} reports are valid, but for the `file` and `line` of a case, which GitLab reads"
    )


def junit_reader(place: Place) -> Verdict:
    """Read them, and compare the totals with what is counted."""
    words = place.run_python(("junitparser",), JUNIT, *place.made("*.junit"))
    return Verdict(version(place.python("junitparser"), "junitparser"), words)


def gitlab(place: Place) -> Verdict:
    """Hold them to Code Climate's types, those members of them that GitLab documents."""
    packages = ("codeclimate-types", "typescript@5")
    modules = place.node(*packages)
    reports = place.made("*.gitlab")
    members = "'check_name' | 'description' | 'fingerprint' | 'severity' | 'location'"
    lines = ["import type { Issue } from 'codeclimate-types'", f"type GitLab = Required<Pick<Issue, {members}>>"]
    lines += [f"export const report{n}: GitLab[] = {path.read_text()}" for n, path in enumerate(reports)]
    file = modules.parent / "reports.ts"
    file.write_text("\n".join(lines))
    code, words = ran(str(modules / ".bin/tsc"), "--noEmit", "--strict", "--skipLibCheck", str(file))
    if code:
        raise Objection(words[:400])
    for path in reports:
        prints = re.findall(r'"fingerprint": "(.*?)"', path.read_text())
        if len(prints) != len(set(prints)):
            raise Objection(f"{path.name}: a fingerprint stands there twice")
    return Verdict(
        node_version(modules, "codeclimate-types"), f"{len(reports)} reports have its types, no fingerprint twice"
    )


def github(place: Place) -> Verdict:
    """Let GitHub's own toolkit write each annotation, and compare."""
    words = place.run_node(("@actions/core",), GITHUB, *place.made("*.github"))
    return Verdict(node_version(place.node("@actions/core"), "@actions/core"), words)


def markdown(place: Place) -> Verdict:
    """Let GitHub's parser make pages of it, and look for the rows of tables and for markup that a peer sent."""
    words = place.run_python(("cmarkgfm",), MARKDOWN, *place.made("*.markdown", "*.md"))
    return Verdict(version(place.python("cmarkgfm"), "cmarkgfm"), words)
