"""The relay beside other proxies, in one run: what a message costs, how late it is, what is held in memory.

    uv run python -m benchmarks.proxy                    # all scenarios, five repetitions: about half an hour
    uv run python -m benchmarks.proxy --repetitions 3 --scenarios sessions,flood-up --proxies relay,haproxy
    uv run --with picows python -m benchmarks.proxy --output measured.md
    sudo .venv/bin/python -m benchmarks.proxy --rt       # on a machine that others use too

It measures what is installed: nginx and haproxy (which record nothing), mitmdump with an addon that writes JSON Lines,
and relays made of `websockets`, `picows` and node's `ws` that write them too. mitmproxy may live in an environment of
its own (`--mitmdump PATH`), node finds `ws` by `NODE_PATH`. Linux only.

Proxies and scenarios take turns; the tables give medians, the relay's figure over each other's, and beneath them which
targets are held. One process plays all clients and the server, with one clock, on a core of its own; the proxy has the
other. It compares what arrives byte for byte with what was sent, in its order; a recording is compared line by line,
after the proxy has ended. A run in which anything was lost, changed or not recorded is marked, and the command ends
with exit code 1 if it was one of the relay's. Targets do not change the exit code.

- `load.py` is that process, with the connections of `ends.py` and the counters of `usage.py`. `scenarios.py` says what
  there is to do, `peers.py` knows the proxies, those of our own are in `relays/`. `running.py` does one run,
  `__main__.py` all; `report.py`, `targets.py` and `machine.py` say what came of it.
- `CPU us/msg` is what the proxy's processes used over the messages that arrived: the figure that noise touches least.
  A proxy that is saturated shares its wake-ups among more messages: compare it at equal rates only.
- In `*-tls` and `*-intercept` nobody but the client of an interceptor trusts blindly: the server's certificate is
  verified by all. `direct` has TLS on both ends there.
- `relay, stalling` is the relay on a disk that stands still for 0.2 s after every 4 MB.
- Where the load uses its whole core in a flood, it may be the limit, and the line says so. In `sessions` its
  `load CPU %` says nothing, as most of the time it waits for the next message without sleeping.
- With `--rt` everything runs before all else on the machine (SCHED_RR), but Linux gives what waits a twentieth of a
  core that never sleeps. So the load sleeps a part of the time in `sessions`; a saturated proxy stands at 95 % there.
"""
