"""What the proxy must survive, done to it for real: kills, broken disks, crowds, too few descriptors, hours of calls.

    uv run python -m benchmarks.endurance                    # all parts, some 15 minutes
    uv run python -m benchmarks.endurance --only kill,disk
    uv run python -m benchmarks.endurance --full             # those who stop reading do so for a minute, not 5 s

Each line of the table says what was done, what was seen, and whether it held; if anything did not, the command ends
with exit code 1. Linux only; faults that need a file system of their own need root. The proxy is the command line's, in
a process of its own; clients and server are in this one and compare every byte.

- `calls.py` plays clients and server, `proxy.py` starts the proxy and looks at it, `recordings.py` at what it wrote.
- `faulty.py` is the command line with a disk and a clock that obey: EIO, stalls, jumps.
- A part is a module with `run(options)`: `kill`, `disk`, `churn`, `descriptors`, `volume`.
"""
