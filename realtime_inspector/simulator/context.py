"""What of a conversation the model reads: all of it while it fits, then as the session's `truncation` says.

What was dropped stays dropped: the API does not bring items back. The client is told nothing of it; `usage` shows it.

Source: `openai` 3.54.0, `realtime_truncation*`, and OpenAI's guide on managing costs (read 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from realtime_inspector.protocol.realtime import models
from realtime_inspector.simulator import errors, usage
from realtime_inspector.simulator.conversation import Stored
from realtime_inspector.simulator.scenario import Scenario


class Context:
    """The items that the model no longer reads."""

    def __init__(self, scenario: Scenario) -> None:
        self._limit = scenario.context_tokens
        self._dropped: set[str] = set()

    def read(self, config: Mapping[str, Any], items: list[Stored]) -> list[Stored]:
        """Return the items that a response reads.

        Args:
            config: The session in force, with what the request overrides.
            items: The whole conversation.

        Raises:
            Refusal: If they do not fit, and truncation is disabled.
        """
        kept = [stored for stored in items if str(stored.body["id"]) not in self._dropped]
        limit, truncation = self._of(config), config.get("truncation") or "auto"
        if limit is None:
            return kept
        own, ratio = _instructions(config), 1.0
        if isinstance(truncation, Mapping):
            ratio = float(truncation.get("retention_ratio") or 1.0)
            limits = truncation.get("token_limits") or {}
            limit = min(limit, own + int(limits.get("post_instructions") or limit))
        total = own + sum(map(usage.tokens, kept))
        if total <= limit:
            return kept
        if truncation == "disabled":
            raise errors.too_much_input(total, limit)
        return self._shortened(kept, total, own + (limit - own) * ratio)

    def _of(self, config: Mapping[str, Any]) -> int | None:
        if self._limit is not None:
            return self._limit
        model = models.builtin().find(str(config.get("model")))
        return model.most_input if model is not None else None

    def _shortened(self, kept: list[Stored], total: float, aim: float) -> list[Stored]:
        """Drop the oldest items; the last one stays, whatever it takes."""
        while total > aim and len(kept) > 1:
            oldest = kept.pop(0)
            self._dropped.add(str(oldest.body["id"]))
            total -= usage.tokens(oldest)
        return kept


def _instructions(config: Mapping[str, Any]) -> int:
    return usage.words(str(config.get("instructions") or ""))
