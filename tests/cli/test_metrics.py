"""`proxy --metrics`, as Prometheus sees it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.request import urlopen

import pytest

from realtime_inspector.capture.figures import Figures
from realtime_inspector.cli import metrics
from realtime_inspector.errors import UsageError
from tests.capture import wire
from tests.capture.wire import client_frame
from tests.cli.helpers import CommandLine
from tests.cli.test_proxy_options import _own_data as _own_data
from tests.cli.test_proxy_options import end, linux_only, pid_that_answers, proxy, upgraded

pytest.importorskip("prometheus_client")

PREFIX = "realtime_inspector_"
FIGURES = Figures(
    3, 2, {"client": 5, "server": 7}, {"client": 50, "server": 70}, 1, 4, 9, {"refused": 2}, {"line": 0, "disk": 1}
)


def scraped(url: str) -> dict[str, float]:
    """Return the samples of a scrape, by name and labels."""
    from prometheus_client.parser import text_string_to_metric_families

    with urlopen(url, timeout=wire.TIMEOUT_S) as answer:
        text = answer.read().decode()
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {
        ",".join([sample.name.removeprefix(PREFIX), *sample.labels.values()]): sample.value
        for sample in samples
        if not sample.name.endswith("_created")
    }


def test_every_figure_is_a_metric() -> None:
    with metrics.served("127.0.0.1:0", lambda: FIGURES) as url:
        found = scraped(url)
    assert {name: value for name, value in found.items() if not name.startswith("build_info")} == {
        "connections_total": 3,
        "connections_open": 2,
        "messages_total,client": 5,
        "messages_total,server": 7,
        "bytes_total,client": 50,
        "bytes_total,server": 70,
        "gaps_total": 1,
        "lines_lost_total": 4,
        "writer_queue_bytes": 9,
        "upstream_failures_total,refused": 2,
        "recorder_errors_total,line": 0,
        "recorder_errors_total,disk": 1,
    }


def test_nothing_listens_without_an_address() -> None:
    with metrics.served(None, lambda: FIGURES) as url:
        assert url == ""


def test_an_address_that_is_taken_is_one_clear_line(rti: CommandLine, tmp_path: Path) -> None:
    with wire.upstream() as taken:
        ran = rti("proxy", "--listen", "127.0.0.1:0", "--metrics", f"127.0.0.1:{taken.port}")
    said = f"--metrics 127.0.0.1:{taken.port}: cannot listen there: address already in use; choose another address"
    assert (ran.code, ran.err) == (2, f"realtime-inspector: {said}\n")


def test_a_host_that_is_none_is_one_clear_line(rti: CommandLine) -> None:
    ran = rti("proxy", "--listen", "127.0.0.1:0", "--metrics", "a..b:0")
    said = "--metrics a..b:0: cannot listen there: 'a..b' is no host; choose another address"
    assert (ran.code, ran.err) == (2, f"realtime-inspector: {said}\n")


def test_an_address_that_is_none_is_one_clear_line(rti: CommandLine) -> None:
    ran = rti("proxy", "--listen", "127.0.0.1:0", "--metrics", "here")
    assert (ran.code, ran.err) == (
        2, "realtime-inspector: --metrics 'here' is no HOST:PORT, such as 127.0.0.1:8765\n"
    )  # fmt: skip


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "find_spec", lambda name: None)
    said = r"--metrics needs prometheus-client; install it with `pip install 'realtime-inspector\[metrics\]'`"
    with pytest.raises(UsageError, match=said), metrics.served("127.0.0.1:0", lambda: FIGURES):
        pass


def metrics_url(said: Iterable[str] | None) -> str:
    """Return where a proxy says that its metrics are."""
    assert said is not None
    return next(line for line in said if line.startswith("metrics at ")).split()[-1]


def hold(port: int, server: wire.Upstream) -> tuple[wire.Peer, wire.Peer]:
    """Open a call, with one message."""
    client, peer, _ = upgraded(port, server)
    frame = client_frame(b"{}")
    client.send(frame)
    assert peer.read(len(frame)) == frame
    return client, peer


def test_a_proxy_tells_what_it_has_counted(tmp_path: Path) -> None:
    with (
        wire.upstream() as server,
        proxy(tmp_path, server.url, "--metrics", "127.0.0.1:0") as (process, ready),
    ):
        url = metrics_url(process.stderr)
        ends = hold(ready["port"], server)
        wire.wait_for(lambda: scraped(url)["messages_total,client"] == 1)
        assert scraped(url)["connections_open"] == 1
        end(*ends)
        wire.wait_for(lambda: scraped(url)["connections_open"] == 0)
        assert scraped(url)["connections_total"] == 1


@linux_only
def test_workers_are_summed_and_one_that_died_keeps_what_it_counted(tmp_path: Path) -> None:
    options = ["--metrics", "127.0.0.1:0", "--workers", "2"]
    with wire.upstream() as server, proxy(tmp_path, server.url, *options) as (process, ready):
        url = metrics_url(process.stderr)
        calls = [hold(ready["port"], server) for _ in range(12)]
        wire.wait_for(lambda: scraped(url)["messages_total,client"] == 12)
        assert scraped(url)["connections_open"] == 12
        os.kill(pid_that_answers(ready["port"]), signal.SIGKILL)
        wire.wait_for(lambda: scraped(url)["connections_open"] < 12)
        assert scraped(url)["messages_total,client"] == 12
        for client, peer in calls:
            client.close()
            peer.close()
        wire.wait_for(lambda: scraped(url)["connections_open"] == 0)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="mitmproxy is for Python 3.13 and newer here")
def test_an_interceptor_tells_it_too(tmp_path: Path) -> None:
    pytest.importorskip("mitmproxy")
    from tests.capture.ways import tunnel

    options = ["--mode", "forward", "--metrics", "127.0.0.1:0"]
    with wire.upstream() as server, proxy(tmp_path, server.url, *options) as (process, ready):
        url = metrics_url(process.stderr)
        client = tunnel(ready["port"], f"127.0.0.1:{server.port}")
        client.send(wire.REQUEST)
        peer = server.accept()
        peer.read_head()
        peer.send(wire.SWITCH + wire.server_frame(b"{}"))
        client.read(len(wire.SWITCH) + 4)
        wire.wait_for(lambda: scraped(url)["messages_total,server"] == 1)
        found = scraped(url)
        assert (found["connections_total"], found["connections_open"]) == (1, 1)
        end(client, peer)
