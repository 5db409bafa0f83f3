from __future__ import annotations

from realtime_inspector.capture.chains import Chains
from realtime_inspector.recording.entry import Entry, Kind, Side


def request(*headers: tuple[str, str], target: str = "/v1/realtime") -> Entry:
    pairs = [["Upgrade", "websocket"], *map(list, headers)]
    return Entry(1, 0.0, Side.CLIENT, Kind.REQUEST, members={"target": target, "headers": pairs})


KEYED = request(("authorization", "Bearer one"))


def identity(chains: Chains, entry: Entry = KEYED, client: str = "10.0.0.1:5000", upstream: str = "wss://a") -> bytes:
    found = chains.identity(client, upstream, entry)
    assert found is not None
    return found


def test_the_port_of_the_client_does_not_count_and_all_else_does() -> None:
    chains = Chains()
    one = identity(chains)
    assert identity(chains, client="10.0.0.1:6000") == one
    others = [
        identity(chains, client="10.0.0.2:5000"),
        identity(chains, upstream="wss://b"),
        identity(chains, request(("authorization", "Bearer two"))),
        identity(chains, request(("api-key", "one"))),
        identity(chains, request(("sec-websocket-protocol", "realtime, openai-insecure-api-key.one"))),
        identity(chains, request(("authorization", "Bearer one"), target="/v1/realtime?model=x")),
    ]
    assert len({one, *others}) == 7


def test_what_proves_nothing_or_is_no_upgrade_has_no_identity() -> None:
    chains = Chains()
    plain = Entry(1, 0.0, Side.CLIENT, Kind.REQUEST, members={"target": "/", "headers": [["authorization", "x"]]})
    assert chains.identity("a:1", "u", plain) is None
    assert chains.identity("a:1", "u", request()) is None
    assert chains.identity("a:1", "u", request(("sec-websocket-protocol", "realtime"))) is None


def test_the_key_cannot_be_found_in_what_is_kept() -> None:
    one, two = Chains(), Chains()
    assert identity(one) != identity(two)
    assert b"one" not in identity(one)


def test_a_connection_soon_after_the_end_takes_it_up_once() -> None:
    chains = Chains()
    who = identity(chains)
    assert chains.begin(who, 0.0) is None
    chains.end(who, "A", 10.0)
    assert chains.begin(who, 69.0) == "A"
    chains.end(who, "B", 70.0)
    assert chains.begin(who, 71.0) == "B"


def test_a_connection_long_after_does_not() -> None:
    chains = Chains()
    who = identity(chains)
    chains.begin(who, 0.0)
    chains.end(who, "A", 10.0)
    assert chains.begin(who, 70.1) is None


def test_one_that_began_before_the_end_does_not() -> None:
    chains = Chains()
    who = identity(chains)
    chains.begin(who, 0.0)
    chains.begin(who, 1.0)
    chains.end(who, "A", 10.0)
    chains.end(who, "B", 10.0)
    assert chains.begin(who, 9.0) is None


def test_of_two_at_once_nobody_knows_which() -> None:
    chains = Chains()
    who = identity(chains)
    chains.begin(who, 0.0)
    chains.begin(who, 1.0)
    chains.end(who, "A", 2.0)
    assert chains.begin(who, 3.0) is None


def test_what_is_long_over_is_forgotten() -> None:
    chains = Chains()
    for n in range(100):
        who = identity(chains, client=f"10.0.0.{n}:1")
        chains.begin(who, float(n))
        chains.end(who, "A", float(n))
    chains.begin(identity(chains), 1000.0)
    assert len(chains._known) == 1
