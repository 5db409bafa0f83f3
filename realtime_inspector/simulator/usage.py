"""Token counts of a response, the way the API counts them: the whole history is input, every time.

Audio counts one token for 100 ms of the user and for 50 ms of the assistant; words count four thirds of a token.

Source: OpenAI's guide on managing costs of Realtime (read 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from realtime_inspector.simulator.conversation import Conversation, Stored
from realtime_inspector.simulator.items import text_of

_BLOCK = 64
"""The cache works in blocks of so many tokens."""


class Counter:
    """Counts, and remembers what the cache holds."""

    def __init__(self) -> None:
        self._cached = {"text": 0, "audio": 0}

    def usage(self, config: Mapping[str, Any], before: list[Stored], output: Mapping[str, int]) -> dict[str, Any]:
        """Return the `usage` of a response; `output` has its `text` and `audio` tokens."""
        text = words(str(config.get("instructions") or "")) + words(orjson.dumps(config.get("tools") or []).decode())
        audio = 0
        for stored in before:
            text += _text_tokens(stored)
            audio += audio_tokens(stored)
        cached = {"text": min(text, self._cached["text"]), "audio": min(audio, self._cached["audio"])}
        self._cached = {"text": text // _BLOCK * _BLOCK, "audio": audio // _BLOCK * _BLOCK}
        made = output["text"] + output["audio"]
        return {
            "total_tokens": text + audio + made,
            "input_tokens": text + audio,
            "output_tokens": made,
            "input_token_details": {
                "text_tokens": text,
                "audio_tokens": audio,
                "image_tokens": 0,
                "cached_tokens": cached["text"] + cached["audio"],
                "cached_tokens_details": {
                    "text_tokens": cached["text"],
                    "audio_tokens": cached["audio"],
                    "image_tokens": 0,
                },
            },
            "output_token_details": {"text_tokens": output["text"], "audio_tokens": output["audio"]},
        }


def history(conversation: Conversation) -> list[Stored]:
    """Return what the model reads now."""
    return list(conversation)


def tokens(stored: Stored) -> int:
    """Return how many tokens an item is when it is read."""
    return _text_tokens(stored) + audio_tokens(stored)


def words(text: str) -> int:
    """Return how many tokens a text is, about."""
    return -(-len(text.split()) * 4 // 3)


def audio_tokens(stored: Stored) -> int:
    """Return how many tokens an item's audio is."""
    return round(stored.audio_ms / (50 if stored.body.get("role") == "assistant" else 100))


def _text_tokens(stored: Stored) -> int:
    body = stored.body
    if body["type"] == "message":
        return words(text_of(body)) if not stored.audio else 0
    return words(f"{body.get('name', '')} {body.get('arguments', '')} {body.get('output', '')}")
