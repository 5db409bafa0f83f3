"""Ids like the API's, from a seed: the same scenario and the same client give the same ids."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTHS = {"call": 16, "ek": 32}
_USUAL_LENGTH = 21


class Ids:
    """A source of ids. Each kind counts for itself, so events that overtake each other do not change an item's id."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._counts: Counter[str] = Counter()

    def make(self, kind: str) -> str:
        """Return the next id of a kind (`event`, `item`, `resp`, `call`, `conv`, `sess`, `ek`)."""
        self._counts[kind] += 1
        digest = blake2b(f"{self._seed}/{kind}/{self._counts[kind]}".encode(), digest_size=32).digest()
        number = int.from_bytes(digest)
        letters = []
        for _ in range(_LENGTHS.get(kind, _USUAL_LENGTH)):
            number, at = divmod(number, len(_ALPHABET))
            letters.append(_ALPHABET[at])
        return f"{kind}_{''.join(letters)}"
