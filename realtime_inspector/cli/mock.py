"""`mock`: a recording as a server, for any client in any language."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from realtime_inspector.cli import ci, diagnostics, faulting, output, signals
from realtime_inspector.cli.serving import listen_address, writable, write_ready, write_whole

if TYPE_CHECKING:
    from realtime_inspector.replay.options import Options
    from realtime_inspector.replay.report import Report

POLICIES = ("causal", "strict", "types", "none")
_ROUNDS_BETWEEN = 1_000


def replay_options(*, speed: str, listen: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of a replay, with its defaults for two of them."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(_options(speed, listen)):
            function = option(function)
        return function

    return decorate


def _options(speed: str, listen: str) -> list[Callable[..., Any]]:
    return [
        click.option(
            "--match",
            type=click.Choice(POLICIES),
            default="causal",
            show_default=True,
            help="how exactly the client has to do what it did: by meaning, in the same order too, "
            "by type alone, or not at all",
        ),
        click.option(
            "--speed",
            default=speed,
            show_default=True,
            metavar="recorded|N|max",
            help="as recorded, N times faster, or without any delay",
        ),
        click.option(
            "--ignore-path",
            "ignore",
            multiple=True,
            metavar="PATH",
            help="a field that is not compared, such as session.instructions or item.content[*].text",
        ),
        click.option("--strict", is_flag=True, help="what is left of the recording counts as a mismatch"),
        click.option(
            "--fresh-ids",
            is_flag=True,
            help="new ids of sessions, items, responses and calls on each connection, as the real server makes them",
        ),
        click.option(
            "--report",
            "report_file",
            type=click.Path(path_type=Path),
            callback=writable,
            help="write the report there; - is stdout",
        ),
        click.option(
            "--report-format",
            type=click.Choice(["json", *ci.FORMATS]),
            default="json",
            show_default=True,
            help="how to write the report",
        ),
        click.option(
            "--ready-file",
            type=click.Path(path_type=Path, dir_okay=False),
            help="write host, port, url and pid there, as JSON, once it listens",
        ),
        click.option(
            "--listen", default=listen, show_default=True, metavar="HOST:PORT", help="port 0 takes a free one"
        ),
        *faulting.OPTIONS,
    ]


_HELP = """Serve a recording, or a folder of them, to any client.

\b
  realtime-inspector mock call.jsonl
  realtime-inspector mock call.jsonl --speed max --once --report report.json
  realtime-inspector mock call.jsonl --ignore-path session.instructions
  realtime-inspector mock call.jsonl --copies 1000
  realtime-inspector mock call.jsonl --fault-profile mid-audio-stall
  realtime-inspector mock call.jsonl --fault 'drop 5% on type:*.delta'

Each recorded event is sent when what caused it has happened. The client is
held to what it did when it was recorded; the report says where it did not.
Several recordings are served in their order, one a connection.

Exits 1 if the recording was not met. Stop it with ctrl+c.
"""


@click.command(help=_HELP)
@click.argument("file", type=click.Path(path_type=Path))
@replay_options(speed="recorded", listen="127.0.0.1:8767")
@click.option("--once", is_flag=True, help="end when the recording has been served")
@click.option("--copies", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
              help="serve it to N connections, at the same time too: for tests under load")  # fmt: skip
@click.pass_context
def command(ctx: click.Context, /, file: Path, listen: str, ready_file: Path | None, once: bool, **chosen: Any) -> None:
    """Serve a recording, or a folder of them, to any client."""
    from realtime_inspector.capture.relay import new_event_loop
    from realtime_inspector.replay.load import load

    scripts = load(file) * chosen["copies"]
    serving = {"address": listen_address(listen), "strict": chosen["strict"], "faults": faulting.between(chosen)}
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        report = runner.run(_serve(scripts, player_options(chosen), ready_file, once=once, **serving))
    finish(report, chosen["report_file"], chosen["report_format"])
    ctx.exit(report.exit_code)


async def _serve(
    scripts: Any, options: Options, ready_file: Path | None, *, once: bool, address: tuple[str, int], **more: Any
) -> Report:
    from realtime_inspector.capture.relay import settle
    from realtime_inspector.replay.server import Address, ReplayServer

    def told(text: str) -> None:
        say_mismatch(text)
        if server.refusing and not once:
            diagnostics.say("no further connection is taken; start it again for another try")

    server = ReplayServer(
        scripts, options, address=Address(*address), again=not once, told=told, hinted=say_mismatch, **more
    )
    async with server:
        settle()
        _collect_rarely()
        diagnostics.say(f"serving {scripts[0].name}{_and_more(len(scripts))} on {server.ws_url}")
        diagnostics.say(f"point a client at it: OPENAI_BASE_URL={server.base_url} OPENAI_API_KEY=any")
        if ready_file is not None:
            write_ready(ready_file, host=address[0], port=server.port, url=server.base_url.removesuffix("/v1"))
        await _until_done(server.finished if once else asyncio.Event())
    return server.report()


def _collect_rarely() -> None:
    """Leave out the collector's rounds over what calls keep: with a thousand of them, one is a pause of 0.1 s for all.

    What is garbage of short calls is found by its rounds over what is new.
    """
    gc.set_threshold(gc.get_threshold()[0], _ROUNDS_BETWEEN, _ROUNDS_BETWEEN)


async def _until_done(finished: asyncio.Event) -> None:
    """Wait for the end, or for somebody who stops it: the verdict is told in both cases."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signals.tell(number, finished.set)
    await finished.wait()


def player_options(chosen: dict[str, Any]) -> Options:
    """Return what a command line says about how to play.

    Raises:
        UsageError: If the speed is none.
    """
    from realtime_inspector.replay.matching import Policy
    from realtime_inspector.replay.options import Options, speed

    return Options(
        match=Policy(chosen["match"]),
        speed=speed(chosen["speed"]),
        ignore=tuple(chosen["ignore"]),
        fresh_ids=chosen["fresh_ids"],
    )


def say_mismatch(text: str) -> None:
    """Tell of a mismatch at once: the client may never say what happened to it."""
    from realtime_inspector.recording.printable import printable_lines

    diagnostics.say(printable_lines(text))


def finish(report: Report, file: Path | None, form: str) -> None:
    """Tell the verdict, and write the report where it was asked for."""
    from realtime_inspector.recording.printable import printable_lines

    if report.mismatches and report.connections:
        diagnostics.say("if the client was changed on purpose, record it anew: `realtime-inspector run -- CMD`")
    diagnostics.say(printable_lines(report.leftovers_text()))
    if file is None:
        return
    text = "\n".join(_written(report, form)) + "\n"
    if file == Path("-"):
        output.write(text)
    else:
        write_whole(file, text, "--report")


def _written(report: Report, form: str) -> Iterable[str]:
    """Return a report's lines in a format."""
    if form == "json":
        import orjson

        return [orjson.dumps(report.to_json(), option=orjson.OPT_INDENT_2).decode()]
    from realtime_inspector.cli import replay_ci

    return ci.writer(form)(replay_ci.suites(report))


def _and_more(number: int) -> str:
    return "" if number == 1 else f" and {number - 1} more"
