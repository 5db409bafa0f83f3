"""The linter beside what reading a recording costs anyway: how long it takes, and what it holds in memory.

    uv run python -m benchmarks.lint                       # 100 MB of each kind, five repetitions: about a minute
    uv run python -m benchmarks.lint --megabytes 1000      # the size the targets are about
    uv run python -m benchmarks.lint --repetitions 3 --kinds audio --output measured.md

It makes up recordings in a temporary folder: a call with its audio, the same call recorded without audio, and a typed
conversation (`calls.py`). Then, turn by turn, each in a process of its own:

- `lint`: every rule that does not listen to the audio, by the function that the command calls;
- `orjson.loads`: every line of the file parsed, and thrown away;
- `wc -l` and, where it is installed, `jq -c .`: what a command line would do.

The tables give medians, and the linter's time over each other's; beneath them, which targets are held. Start-up is left
out for the first two, for it is the same in both. In `several files`, the command lints copies of the call with one
process and with one a core: it needs at least two cores. Linux only. Exit code 1 if what was found is not the same in
every run; targets do not change it.
"""
