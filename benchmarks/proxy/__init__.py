"""The relay beside other proxies, in one run: what a message costs, how late it is, what is held in memory.

    uv run python -m benchmarks.proxy                    # all scenarios, five repetitions: about 15 minutes
    uv run python -m benchmarks.proxy --repetitions 3 --scenarios sessions,flood-up --proxies relay,haproxy
    sudo .venv/bin/python -m benchmarks.proxy --rt       # on a machine that others use too

It measures what is installed: nginx and haproxy (which record nothing), mitmdump with an addon that writes JSON Lines,
and a relay made of `websockets` that writes them too. mitmproxy may live in an environment of its own:
`--mitmdump PATH`. Linux only.

Proxies and scenarios take turns; the tables give medians, and the relay's figure over each other's. One process plays
all clients and the server, with one clock, on a core of its own; the proxy has the other. It compares what arrives
byte for byte with what was sent, in its order; a recording is compared line by line, after the proxy has ended. A run
in which anything was lost, changed or not recorded is marked, and the command ends with exit code 1.

- `load.py` is that process, `peers.py` knows the proxies, `report.py` makes the tables, `__main__.py` runs it all.
- `CPU us/msg` is what the proxy's processes used over the messages that arrived: the figure that noise touches least.
- `ping`: one message under way. `sessions`: 100 calls, 50 messages a second each way. `flood-*`: as much as will go.
  `slow`: the client stops reading; look at `grew MB`. `one-socket`: a gigabyte through one connection.
- `relay-stalling` is the relay on a disk that stands still for 0.2 s after every 4 MB.
- Where the loader itself is the limit (`direct` and proxies that record nothing, in a flood), `load CPU %` is near 100;
  in `sessions` it says nothing, as most of the time it waits for the next message without sleeping.
"""
