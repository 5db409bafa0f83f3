"""How fast, and how punctual, the recording is as a server.

    uv run python -m benchmarks.replay                     # about a minute and a half
    uv run python -m benchmarks.replay --sessions 200 --seconds 20 --output measured.md

It makes up a call of a minute with the simulator's machine: questions, and answers in audio at the pace of the API
(`calls.py`). Then

- `max`: `mock --speed max` in a process of its own, and one client; the time from the upgrade to the last event,
  the median of several;
- `sessions`: `mock --copies N` at the recorded pace, and N clients of another process (`load.py`), which come one after
  the other within some seconds and then all talk at the same time. Each sends what the recorded client sent. Of every
  event it is taken down how much later or earlier it came than it should: so long after the message it answers as in
  the recording. That counts what the clients' own process adds.

Exit code 1 if an event was lost or a recording not met; targets do not change it.
"""
