"""`doctor`: whether everything is there that recording needs, and what to do where it is not."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from realtime_inspector.capture import mitm
from realtime_inspector.capture.launch import API
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.capture.upstream import Upstream
from realtime_inspector.cli import folders, output
from realtime_inspector.cli.checks import environment, machine, network
from realtime_inspector.cli.checks.check import Check, Verdict, skipped
from realtime_inspector.cli.extras import as_installed
from realtime_inspector.cli.serving import listen_address

_COLOURS = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.PROBLEM: "red", Verdict.SKIPPED: "dim"}


_HELP = """Check what recording needs, a line each: ok, warning or problem, with what to
do.

\b
  realtime-inspector doctor
  realtime-inspector doctor --offline
  realtime-inspector doctor --upstream wss://RESOURCE.openai.azure.com

No key is sent or shown, and nothing is changed. Exit code 1 if there is a
problem.
"""


@click.command(help=_HELP)
@click.option("--listen", default="127.0.0.1:8765", show_default=True, metavar="HOST:PORT",
              help="where `proxy` is to listen")  # fmt: skip
@click.option("--upstream", default=API, show_default=True, metavar="URL", help="the server that has to be reached")
@click.option(
    "--upstream-ca",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="certificates in PEM of a private server's CA",
)
@folders.option("folder of the recordings")
@click.option("--key-env", metavar="NAME", help="the variable that has to hold the key")
@click.option("--mode", metavar="MODE", help="the mode of `proxy` that has to work, such as forward")
@click.option("--offline", is_flag=True, help="leave out what needs the network: the upstream and the clock")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="how to write it")  # fmt: skip
@click.pass_context
def command(
    ctx: click.Context,
    listen: str,
    upstream: str,
    upstream_ca: Path | None,
    folder: Path,
    key_env: str | None,
    mode: str | None,
    offline: bool,
    form: str,
) -> None:
    """Check what recording needs, a line each: ok, warning or problem, with what to do."""
    address = listen_address(listen)
    server = Upstream.parse(upstream)
    intercepts = mitm.Mode.parse(mode).name if mode is not None and mode != mitm.REVERSE else None
    checks = [network.port(*address)]
    if offline:
        checks += [skipped(name, "left out, --offline") for name in ("upstream", "clock")]
    else:
        checks += network.upstream(server, upstream_ca)
    checks += _of_environment(address, key_env)
    checks += _of_machine(folder, intercepts)
    checks = [replace(check, text=as_installed(check.text), fix=as_installed(check.fix)) for check in checks]
    if form == "json":
        output.write_json(_members(checks))
    else:
        output.write_lines(_lines(checks))
    if any(check.verdict is Verdict.PROBLEM for check in checks):
        ctx.exit(1)


def _of_environment(address: tuple[str, int], key_env: str | None) -> Iterator[Check]:
    authority = LocalCA().folder
    yield environment.key(os.environ, key_env)
    yield environment.proxies(os.environ)
    yield environment.base_url(os.environ, address)
    yield from environment.certificates(os.environ, authority / "ca.pem")
    yield machine.authority(authority)


def _of_machine(folder: Path, mode: str | None) -> Iterator[Check]:
    size = shutil.get_terminal_size()
    yield machine.recordings(folder)
    yield machine.descriptors(machine.descriptor_limit())
    yield from machine.versions()
    yield machine.terminal(
        os.environ,
        is_terminal=output.is_terminal(),
        encoding=sys.stdout.encoding or "",
        size=(size.columns, size.lines),
    )
    yield machine.interception(
        mode,
        installed=mitm.installed(),
        admin=machine.may_change_network(),
        sudo=shutil.which("sudo") is not None,
        cgroup2=machine.has_cgroup2(),
    )


def _lines(checks: list[Check]) -> Iterator[str]:
    ink = output.Ink(on=output.wants_colour())
    width = max(len(check.name) for check in checks)
    for check in checks:
        fix = f"; {check.fix}" if check.fix else ""
        yield f"{ink(f'{check.verdict:8}', _COLOURS[check.verdict])} {check.name:{width}}  {check.text}{fix}"


def _members(checks: list[Check]) -> dict[str, object]:
    counts = Counter(check.verdict for check in checks)
    return {
        "schema_version": 1,
        "checks": [
            {"name": check.name, "verdict": str(check.verdict), "text": check.text, "fix": check.fix}
            for check in checks
        ],
        "summary": {str(verdict): counts[verdict] for verdict in Verdict},
    }
