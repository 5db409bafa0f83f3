"""What a session costs, in US dollars, by a dated table of prices.

A response is billed by modality: new input, cached input (which is a part of the input, not beside it) and output. Its
input is the whole conversation so far. A model without a price, and a usage that does not say what it was of, have a
cost that is not known: it is never taken for nothing.

Source: OpenAI's guide on managing costs of Realtime (read 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from realtime_inspector.protocol.realtime.conversation import Item, Response
from realtime_inspector.protocol.realtime.models import MODALITIES, Model, Price, Table, builtin
from realtime_inspector.protocol.realtime.state import State
from realtime_inspector.protocol.realtime.values import mapping, number, text

_MILLION = 1_000_000
_NAMES = {modality: f"{modality}_tokens" for modality in MODALITIES}
"""What the server calls their counts."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens of one modality."""

    input: float = 0
    """Cached ones among them."""
    cached: float = 0
    output: float = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What a response took, by modality."""

    by_modality: Mapping[str, Spent]
    exact: bool = True
    """The server said which modality the cached tokens are of, or it makes no difference."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What responses and transcriptions cost, as far as that is known."""

    usd: float = 0.0
    """Of what has a price."""
    priced: int = 0
    """How many responses and transcriptions have one."""
    unpriced: int = 0
    exact: bool = True
    without_price: frozenset[str] = frozenset()
    """The models that have none, or whose usage does not say what it was of; an empty name where none is known."""

    @property
    def total(self) -> float | None:
        """What all of it costs; None if a part of it is not known."""
        return None if self.unpriced else self.usd

    def __add__(self, other: Bill) -> Bill:
        return Bill(
            self.usd + other.usd,
            self.priced + other.priced,
            self.unpriced + other.unpriced,
            self.exact and other.exact,
            self.without_price | other.without_price,
        )


@dataclass(frozen=True, slots=True)
class Cost:
    """What a session costs."""

    responses: Bill = Bill()
    transcription: Bill = Bill()

    @property
    def whole(self) -> Bill:
        """Both together."""
        return self.responses + self.transcription

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.responses + other.responses, self.transcription + other.transcription)


def cost(session: State, table: Table | None = None) -> Cost:
    """Return what a session cost so far; by the table of this release unless another is given."""
    table = table if table is not None else builtin()
    models = session.model, text((session.transcription or {}).get("model"))
    account = session.worked_out.get(_Account)
    if not isinstance(account, _Account) or account.table is not table or account.models != models:
        account = session.worked_out[_Account] = _Account(table, models)
    return account.bring_up(session)


class _Account:
    """What a session cost up to some event; a response is looked at once it is done, and once only."""

    def __init__(self, table: Table, models: tuple[str, str]) -> None:
        self.table = table
        self.models = models
        self._sum = Cost()
        self._seen = [0, 0]
        """How many responses and items were looked at."""
        self._open: list[Response] = []
        self._unheard: list[Item] = []

    def bring_up(self, session: State) -> Cost:
        """Add what came since, and return all."""
        model, heard = self.models
        responses = [*self._open, *islice(session.responses.values(), self._seen[0], None)]
        items = [*self._unheard, *islice(session.items.values(), self._seen[1], None)]
        self._seen = [len(session.responses), len(session.items)]
        self._open = [response for response in responses if response.done is None]
        self._unheard = [item for item in items if not item.transcription_usage]
        made = (of_response(response, model, self.table) for response in responses if response.done is not None)
        told = (of_transcription(item, heard, self.table) for item in items if item.transcription_usage)
        self._sum += Cost(sum(made, Bill()), sum(told, Bill()))
        return self._sum


def of_response(response: Response, model: str, table: Table) -> Bill:
    """Return what a response cost; nothing while it is not done, or where it failed without having used anything."""
    if response.done is None or (response.status == "failed" and not response.usage.get("total_tokens")):
        return Bill()
    found, usage = table.find(model), usage_of(response.usage)
    usd = _usd(usage, found) if found is not None and usage is not None else None
    if usd is None or usage is None:
        return Bill(unpriced=1, without_price=frozenset({model}))
    return Bill(usd, priced=1, exact=usage.exact)


def of_transcription(item: Item, model: str, table: Table) -> Bill:
    """Return what the transcription of a turn cost; nothing where the server told no usage of it."""
    usage = item.transcription_usage
    if not usage:
        return Bill()
    found, seconds = table.find(model), number(usage.get("seconds"))
    if seconds is not None and found is not None and found.minute is not None:
        return Bill(seconds / 60 * found.minute, priced=1)
    took = usage_of(usage)
    usd = _usd(took, found) if took is not None and found is not None else None
    return Bill(unpriced=1, without_price=frozenset({model})) if usd is None else Bill(usd, priced=1)


def usage_of(usage: Mapping[str, Any]) -> Usage | None:
    """Return a `usage` by modality; None if it does not say what its tokens are of.

    Cached tokens without a modality are shared out in proportion.
    """
    told_in, told_out = mapping(usage.get("input_token_details")), mapping(usage.get("output_token_details"))
    given = {modality: _count(told_in, name) for modality, name in _NAMES.items()}
    made = {modality: _count(told_out, name) for modality, name in _NAMES.items()}
    whole_in, whole_out = _count(usage, "input_tokens"), _count(usage, "output_tokens")
    if sum(given.values()) != whole_in or sum(made.values()) != whole_out or not usage:
        return None
    cached, exact = _cached(told_in, given)
    return Usage({name: Spent(given[name], cached[name], made[name]) for name in MODALITIES}, exact)


def _cached(told: Mapping[str, Any], given: Mapping[str, int]) -> tuple[dict[str, float], bool]:
    whole = min(_count(told, "cached_tokens"), sum(given.values()))
    details = mapping(told.get("cached_tokens_details"))
    cached = {modality: _count(details, _NAMES[modality]) for modality in given}
    if sum(cached.values()) == whole and all(cached[name] <= given[name] for name in given):
        return {name: float(count) for name, count in cached.items()}, True
    of = [name for name, count in given.items() if count]
    return {name: whole * given[name] / sum(given.values()) for name in given}, len(of) <= 1


def _usd(usage: Usage | None, model: Model | None) -> float | None:
    if usage is None or model is None:
        return None
    parts = [_of_modality(spent, model.prices.get(name)) for name, spent in usage.by_modality.items()]
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def _of_modality(spent: Spent, price: Price | None) -> float | None:
    price = price if price is not None else Price()
    usd = 0.0
    for tokens, each in (
        (spent.input - spent.cached, price.input),
        (spent.cached, price.cached),
        (spent.output, price.output),
    ):
        if tokens and each is None:
            return None
        usd += tokens * (each or 0.0) / _MILLION
    return usd


def _count(told: Mapping[str, Any], name: str) -> int:
    value = told.get(name)
    return value if type(value) is int and value >= 0 else 0  # a boolean is none
