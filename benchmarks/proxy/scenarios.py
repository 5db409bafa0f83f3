"""What is measured, and who takes part."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.proxy.load import Job, Security

_ALL = ("direct", "relay", "haproxy", "nginx", "picows", "node ws", "websockets", "mitmdump")
_TLS = ("direct", "relay", "haproxy", "nginx", "mitmdump")
_INTERCEPT = ("direct", "relay", "mitmdump")


@dataclass(frozen=True)
class Scenario:
    """One kind of traffic."""

    says: str
    job: Job
    peers: tuple[str, ...] = _ALL


SCENARIOS = {
    "sessions": Scenario("100 calls, 50 messages of 2 KB a second each way", Job("sessions", 100, 2048)),
    "sessions-200": Scenario("200 calls", Job("sessions", 200, 2048), ("direct", "relay", "haproxy")),
    "sessions-tls": Scenario("100 calls, TLS to the server", Job("sessions", 100, 2048, security=Security.TLS), _TLS),
    "sessions-intercept": Scenario(
        "100 calls, TLS on both sides, opened in between",
        Job("sessions", 100, 2048, security=Security.INTERCEPT),
        _INTERCEPT,
    ),
    "sessions-20-intercept": Scenario(
        "20 calls, which all can follow",
        Job("sessions", 20, 2048, security=Security.INTERCEPT),
        _INTERCEPT,
    ),
    "flood-up": Scenario("4 clients send 4 KB messages, as much as will go", Job("flood-up", 4, 4096)),
    "flood-down": Scenario("the server does", Job("flood-down", 4, 4096)),
    "flood-200": Scenario("4 clients send 200-byte messages", Job("flood-up", 4, 200)),
    "flood-tls": Scenario("flood-up, TLS to the server", Job("flood-up", 4, 4096, security=Security.TLS), _TLS),
    "flood-intercept": Scenario(
        "flood-up, TLS on both sides, opened in between",
        Job("flood-up", 4, 4096, security=Security.INTERCEPT),
        _INTERCEPT,
    ),
    "ping": Scenario("one 4 KB message under way, to the server and back", Job("ping", 1, 4096)),
    "stalling-disk": Scenario(
        "20 calls; the disk of one relay stands still for 0.2 s after every 4 MB",
        Job("sessions", 20, 2048, duration_s=4.0),
        ("relay", "relay, stalling"),
    ),
    "slow": Scenario("4 clients stop reading while the server sends 20 KB messages", Job("slow", 4, 20_480), _ALL[1:]),
    "one-socket": Scenario(
        "a gigabyte through one connection",
        Job("flood-down", 1, 4096, warmup_s=0.0, duration_s=60.0, most_bytes=1_000_000_000),
        ("relay", "haproxy"),
    ),
}
