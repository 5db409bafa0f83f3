"""Words for what a log leaves out of its session.

A recording holds every message. A log holds what a program printed: one side only, without the audio, without the
events that were too many or of no interest. What a log leaves out must not be taken for missing in the session: its
header names it (tag `left_out`), `State.left_out` holds it, and a rule says what it `needs`.
"""

from __future__ import annotations

WIRE = "wire"
"""It is a log, so nobody knows whether single messages are missing, or stand in another order."""
ORDER = "order"
"""The order of the two sides: what is answered stands after its answer, as where each side was logged by itself."""
CLIENT = "client"
"""What the client sends after its configuration."""
SERVER = "server"
"""Everything the server sends."""
ITEMS = "items"
"""The introduction of some items that are named."""
DELTAS = "deltas"
"""The pieces of what the server generates."""
INPUT_AUDIO = "input-audio"
"""The user's audio, or most of its bytes."""
OUTPUT_AUDIO = "output-audio"
"""The assistant's."""
BEGINNING = "beginning"
"""The session's beginning, and with it its settings; of a recording too that begins in the middle of a call."""
TYPES = ("session.updated", "response.created", "response.done")
"""Server events that every working session has; one that a log never has is left out, under its own name."""
