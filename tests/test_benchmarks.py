"""The comparison of proxies: it notices what a proxy does wrong, and makes tables of whatever it measured."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.proxy.load import Job
from benchmarks.proxy.peers import Peer, peers
from benchmarks.proxy.report import Figures, medians, table
from benchmarks.proxy.running import Outcome, Place, run
from benchmarks.proxy.scenarios import SCENARIOS
from benchmarks.proxy.targets import TARGETS, Target, judged

linux = pytest.mark.skipif(sys.platform != "linux", reason="what processes use is read from /proc")

# Copies frame by frame and records each; in what the client sends, does wrong what it is told to do.
PROXY = """
import asyncio, pathlib, sys
fault, listen, upstream, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), pathlib.Path(sys.argv[4])
folder.mkdir()
record = (folder / "a.jsonl").open("wb", buffering=0)

async def frame(reader):
    head = await reader.readexactly(2)
    size = head[1] & 127
    if size == 126:
        head += await reader.readexactly(2)
        size = int.from_bytes(head[2:], "big")
    mask = await reader.readexactly(4) if head[1] & 128 else b""
    return head + mask, mask, await reader.readexactly(size)

async def copy(reader, writer, side):
    writer.write(await reader.readuntil(b"\\r\\n\\r\\n"))
    number = 0
    while True:
        head, mask, body = await frame(reader)
        number += 1
        wrong = fault if number == 5 and side == "client" else ""
        if wrong != "loses":
            writer.write(head + (body[:-3] + b"!" + body[-2:] if wrong == "changes" else body))
        text = bytes(byte ^ mask[at % 4] for at, byte in enumerate(body)) if mask else body
        if wrong == "records otherwise":
            text = b"{}"
        if wrong not in ("loses", "forgets"):
            record.write(b'{"from":"%b","event":%b}\\n' % (side.encode(), text))

async def serve(reader, writer):
    there, back = await asyncio.open_connection("127.0.0.1", upstream)
    await asyncio.wait([asyncio.ensure_future(copy(reader, back, "client")),
                        asyncio.ensure_future(copy(there, writer, "server"))])

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", listen)
    await server.serve_forever()

asyncio.run(main())
"""


def compared(fault: str, tmp_path: Path) -> Outcome:
    """Run a proxy with one fault."""
    command = [sys.executable, "-c", "{program}", fault, "{listen}", "{upstream}", "{record}"]
    peer = Peer(fault, command, records=True)
    drain_s = 0.2 if fault == "loses" else 60.0
    job = Job("sessions", 1, 200, warmup_s=0.5, duration_s=0.1, drain_s=drain_s)
    return run(peer, job, Place(tmp_path, words={"program": PROXY}))


@linux
@pytest.mark.parametrize(
    ("fault", "wrong"),
    [
        ("none", set()),
        ("loses", {"lost or late", "not all recorded", "changed"}),
        ("changes", {"changed"}),
        ("forgets", {"not all recorded"}),
        ("records otherwise", {"recorded otherwise"}),
    ],
)
def test_a_run_says_what_the_proxy_did_wrong(fault: str, wrong: set[str], tmp_path: Path) -> None:
    outcome = compared(fault, tmp_path)

    assert outcome.figures is not None, outcome.why
    assert outcome.wrong == wrong


@linux
def test_a_proxy_that_does_not_listen_is_a_failed_run_that_says_so(tmp_path: Path) -> None:
    peer = Peer("none", [sys.executable, "-c", "pass"])

    outcome = run(peer, Job("ping", 1, 200, connect_s=0.5), Place(tmp_path))

    assert outcome.figures is None
    assert outcome.wrong == {"failed"}
    assert outcome.why == "load: the proxy does not listen"


def test_runs_with_different_figures_make_a_table() -> None:
    runs = {
        "relay": [{"msgs/s": 100.0}, {"msgs/s": 300.0, "p50 us": 50.0}],
        "haproxy": [{"msgs/s": 400.0, "p50 us": 25.0, "of its own": 1.0}],
        "mitmdump": [],
    }

    lines = table(runs, {"haproxy": {"the load is the limit"}, "mitmdump": {"failed"}}).splitlines()

    assert lines[0] == "| proxy | runs | p50 us | msgs/s | of its own |  |"
    assert lines[2:5] == [
        "| relay | 2 | 50.0 | 200.0 | - |  |",
        "| haproxy | 1 | 25.0 | 400.0 | 1.00 | the load is the limit |",
        "| mitmdump | 0 | - | - | - | failed |",
    ]
    assert lines[-1] == "- relay / haproxy: p50 us 2, msgs/s 0.5"


def test_a_scenario_without_a_run_makes_a_table_too() -> None:
    assert table({"relay": []}, {"relay": {"failed"}}).splitlines()[-1] == "| relay | 0 | failed |"


def test_a_median_is_that_of_the_runs_that_have_the_figure() -> None:
    assert medians({"relay": [{"p50 us": 3.0}, {}, {"p50 us": 5.0}], "nginx": []}) == {"relay": {"p50 us": 4.0}}


def test_a_target_is_held_missed_or_not_measured() -> None:
    measured: dict[str, dict[str, Figures]] = {
        "flood-up": {"relay": {"msgs/s": 90.0}, "haproxy": {"msgs/s": 100.0}},
        "slow": {"relay": {"grew MB": 31}},
    }

    lines = judged(measured).splitlines()

    assert lines[2:] == [
        "| flood-up | msgs/s, relay / haproxy | 0.9 | ≥ 0.45 | held |",
        "| slow | grew MB, relay | 31 | ≤ 30 | **not held** |",
    ]
    assert judged({}) == ""


def test_a_figure_of_runs_that_lost_something_holds_nothing() -> None:
    lossy = judged({"slow": {"relay": {"grew MB": 1.0}}}, {"slow": {"relay": {"not all recorded"}}})

    assert lossy.splitlines()[-1] == "| slow | grew MB, relay | 1 | ≤ 30 | **not held**: not all recorded |"


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_names_who_takes_part_in_its_scenario(target: Target) -> None:
    assert {target.who, target.against or target.who} <= set(SCENARIOS[target.scenario].peers)


@pytest.mark.parametrize("security", ["plain", "tls", "intercept"])
def test_who_takes_part_is_known(security: str) -> None:
    known = {peer.name for peer in peers(security, "mitmdump")}

    assert all(set(scenario.peers) <= known for scenario in SCENARIOS.values())
