"""Faults between a client and a server: lost, late, doubled and broken messages, closes, refusals.

expression   what a person writes: `stall 4s nth 3 on type:response.output_audio.delta`
profiles     named sets of them: `flaky-network`, `slow-server`, …
changes      what a fault does to a message, and what it says in the server's place; bytes in, bytes out
link         one connection with its faults: messages and the time in, what goes on out; no socket, no clock
sockets      the link on a socket of `mock` and `simulate`
"""
