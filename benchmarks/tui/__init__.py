"""The full screen beside other viewers of large files: how soon it shows something, and answers keys.

    uv run --with pyte python -m benchmarks.tui                   # 1,000,000 events, five repetitions
    uv run --with pyte python -m benchmarks.tui --zst --viewers realtime-inspector --repetitions 3
    uv run --with pyte python -m benchmarks.tui --whole --repetitions 1     # also until all rules have seen all of it

It makes up a call of so many events in a temporary folder (1.8 GB) and opens it, turn by turn, in this program and,
where they are installed, in `lnav` and in `toolong` (`tl`, which needs an environment of its own). Each runs on a
pseudo-terminal of 120 columns and 40 lines, drawn by an emulator (pyte). A key counts from when it is sent until the
screen shows what it was pressed for: another row at the cursor, the last entry, the entries that pass the filter.

`a key meanwhile` is one that is pressed while the index is made and the rules look at the recording. Memory is the most
that was resident, the pages of a mapped file included. Linux only. Targets do not change the exit code.
"""
