"""`run`: one program, recorded."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from realtime_inspector.capture import launch, mitm
from realtime_inspector.capture.deferring import deferred
from realtime_inspector.capture.figures import Figures, together
from realtime_inspector.capture.mitm import Interceptor
from realtime_inspector.capture.recorder import Track
from realtime_inspector.capture.relay import Relay, relay_in_thread
from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.capture.via import Via
from realtime_inspector.cli import capturing, diagnostics, faulting, metrics
from realtime_inspector.cli.capturing import Settings
from realtime_inspector.errors import InspectorError, UsageError, words_of

if TYPE_CHECKING:
    from realtime_inspector.analysis.policy import Policy
    from realtime_inspector.replay.faults.sockets import Between

_NOT_EXECUTABLE = 126
_NOT_FOUND = 127
_MODES = {
    "reverse": "the program's base URL is set",
    "forward": "its HTTPS proxy is set, and TLS intercepted",
    "both": "both",
    "auto": "both where mitmproxy is installed, else reverse",
}


@dataclass(frozen=True, slots=True)
class _Proxies:
    """The proxies of this run, and the recordings that they make."""

    settings: Settings
    between: Between | None = None
    """What goes wrong between the relay and its server."""
    recorded: list[Path] = field(default_factory=list)
    running: list[Relay | Interceptor] = field(default_factory=list)

    def reverse(self, stack: ExitStack) -> str:
        """Start the relay, and return the base URL there."""
        origin = launch.Origin.of(os.environ, self.settings.upstream)
        settings = replace(self.settings, upstream=origin.upstream)
        if self.between is not None:
            settings = faulting.behind(stack, settings, self.between)
        options = {**self._options(settings), "via": settings.way(), "attach": settings.attach}
        relay = stack.enter_context(relay_in_thread(settings.server, settings.folder, **options))
        self.running.append(relay)
        return relay.url + origin.path

    def forward(self, stack: ExitStack) -> Interceptor:
        """Start the interceptor."""
        settings = self.settings
        options = {**self._options(settings), "upstream": settings.upstream, "through": self._through()}
        intercepting = mitm.interceptor_in_thread("forward", settings.folder, **options, lenient=True)
        interceptor = stack.enter_context(intercepting)
        self.running.append(interceptor)
        return interceptor

    def figures(self) -> Figures:
        """Return what all have counted."""
        return together(proxy.figures() for proxy in self.running)

    def _options(self, settings: Settings) -> dict[str, Any]:
        return {**settings.shared(), "say": diagnostics.warn, "opened": self._opened}

    def _through(self) -> Via | None:
        """Return the proxy by which servers are reached: the one that was named, or the program's own."""
        own = launch.proxy_of(os.environ)
        if self.settings.via is not None or not own:
            return self.settings.way()
        return Via.parse(own, "the proxy that servers are reached by (HTTPS_PROXY)")

    def _opened(self, track: Track) -> None:
        if track.path is not None:
            self.recorded.append(track.path)


_HELP = """Run CMD and record what it says to the Realtime API.

\b
  realtime-inspector run -- python my_agent.py
  realtime-inspector run --lint -- npm start
  realtime-inspector run --mode forward -- ./my-agent
  realtime-inspector run --fault 'close 1011 nth 2' -- python my_agent.py

For CMD alone, OPENAI_BASE_URL points to a proxy on a free port. Where
mitmproxy is installed, HTTPS_PROXY does too, and the proxy's CA is trusted:
that catches URLs that are written into a program.

Exits with CMD's exit code; 125 if the recording could not begin, 126 and 127
if CMD could not.
"""


@click.command(
    help=_HELP,
    context_settings={"allow_interspersed_args": False, "ignore_unknown_options": False},
)
@click.option(
    "--mode",
    type=click.Choice(list(_MODES)),
    default="auto",
    show_default=True,
    help="; ".join(f"{name}: {what}" for name, what in _MODES.items()),
)
@capturing.options(upstream=f"the server to talk to instead [default: OPENAI_BASE_URL, else {launch.API}]")
@faulting.options
@click.option(
    "--lint",
    "with_lint",
    is_flag=True,
    help="say what is wrong, at a terminal as soon as it is certain; exit 1 if there is an error",
)
@click.option("--ignore", "ignored", multiple=True, metavar="RULE", help="with --lint: do not ask these rules")
@click.argument("cmd", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- CMD...")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    mode: str,
    with_lint: bool,
    ignored: tuple[str, ...],
    cmd: tuple[str, ...],
    **options: Any,
) -> None:
    """Run CMD and record what it says to the Realtime API."""
    between = faulting.between(options)
    chosen = _chosen(mode, faulty=between is not None)
    if options["attach"] and "reverse" not in chosen:
        raise UsageError("--attach works in --mode reverse or both, not in --mode forward; leave one of them out")
    policy = _policy(ignored) if with_lint else None
    proxies = _Proxies(settings := Settings.of(options), between)
    with ExitStack() as after, ExitStack() as stack:
        stack.enter_context(settings.traces())
        try:
            pointers = _point(stack, chosen, proxies)
            stack.enter_context(metrics.served(proxies.settings.metrics_at, proxies.figures))
        except OSError as error:
            raise InspectorError(f"the recording cannot begin: {error}") from error
        if policy is not None and sys.stderr is not None and sys.stderr.isatty():
            from realtime_inspector.cli import live

            stack.enter_context(live.beside(settings.folder, ends=False))
        code = _run(cmd, launch.environment(os.environ, pointers))
        after.enter_context(deferred())  # a second ctrl+c must not cut the recordings off
    _tell(proxies, cmd[0], chosen, code)
    if policy is not None:
        from realtime_inspector.cli import verdict

        if verdict.tell(proxies.recorded, policy) and code == 0:
            code = 1
    ctx.exit(code)


def _chosen(mode: str, *, faulty: bool) -> set[str]:
    """Return the proxies of a mode.

    Raises:
        UsageError: If there are faults for one that has none.
    """
    if faulty and mode in {"forward", "both"}:
        raise UsageError(f"--fault works in --mode reverse alone, not in --mode {mode}; leave one of them out")
    if mode == "auto":
        return {"reverse", "forward"} if mitm.installed() and not faulty else {"reverse"}
    return {"reverse", "forward"} if mode == "both" else {mode}


def _point(stack: ExitStack, chosen: set[str], proxies: _Proxies) -> launch.Pointers:
    """Start the proxies and return what points a program at them."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="realtime-inspector-")))
    base_url = proxies.reverse(stack) if "reverse" in chosen else ""
    interceptor = proxies.forward(stack) if "forward" in chosen else None
    authorities = [LocalCA().certificate] if base_url else []
    if interceptor is None:
        _, added = launch.certificates(folder, os.environ, authorities)
        return launch.Pointers(base_url, added=added)
    bundle, added = launch.certificates(folder, os.environ, [*authorities, interceptor.certificate])
    return launch.Pointers(base_url, interceptor.url, bundle, added)


def _run(cmd: Sequence[str], environment: dict[str, str]) -> int:
    """Run the program and return its exit code.

    Raises:
        InspectorError: If it cannot be run, with the exit code that a shell has for it.
    """
    try:
        return launch.run(cmd, environment).code
    except OSError as error:
        refused = InspectorError(f"cannot run {cmd[0]!r}: {words_of(error)}")
        refused.exit_code = _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
        raise refused from None


def _tell(proxies: _Proxies, program: str, chosen: set[str], code: int) -> None:
    paths = proxies.recorded
    if paths:
        noun = "connection" if len(paths) == 1 else "connections"
        diagnostics.warn(f"recorded {len(paths)} {noun} of {program}")
        for path in paths:
            diagnostics.say(f"  {path}")
        return
    if code and not any(proxy.connections for proxy in proxies.running):
        diagnostics.warn(f"nothing was recorded: {program} ended with exit code {code} before it connected")
    else:
        diagnostics.warn(f"nothing was recorded: {_why(proxies, program, chosen)}")


def _why(proxies: _Proxies, program: str, chosen: set[str]) -> str:
    if not proxies.settings.records_all and any(proxy.connections for proxy in proxies.running):
        return f"no connection of {program} was chosen by --only, --only-model or --sample"
    if chosen == {"reverse"}:
        install = "" if mitm.installed() else f" (`{mitm.INSTALL}`)"
        return f"{program} did not use OPENAI_BASE_URL; if its URL is written into it, add --mode forward{install}"
    variables = "neither OPENAI_BASE_URL nor HTTPS_PROXY" if "reverse" in chosen else "no HTTPS_PROXY"
    return f"{program} made no Realtime connection, or it reads {variables}"


def _policy(ignored: Sequence[str]) -> Policy:
    """Return what the project wants of the rules, without those that are ignored here."""
    from realtime_inspector.cli import linting

    return linting.project(ignored=ignored)
