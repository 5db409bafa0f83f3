"""Where the kinds of mutation are gathered, and the decorator that makes a function one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.analysis.mutations.draft import Draft, Mutant, Mutation

Apply = Callable[[Draft, int], Mutant | None]

FOUND: dict[str, Mutation] = {}
"""Every kind by its name, as the modules define them."""


def mutation(
    *rules: str,
    places: Callable[[Draft], Iterable[int]],
    why: str | tuple[str, ...] = (),
    acoustic: bool = False,
    of: tuple[str, ...] = (),
) -> Callable[[Apply], Apply]:
    """Make a function of a session and a place one kind of mutation.

    Args:
        rules: The rules of which one must find it.
        places: Where it fits.
        why: What `why` must answer, where it silences the assistant.
        acoustic: It can only be heard.
        of: The sessions it is made of; all if not given.
    """

    def keep(apply: Apply) -> Apply:
        name = apply.__name__.replace("_", "-")
        about = " ".join((apply.__doc__ or "").split())
        answers = (why,) if isinstance(why, str) else why
        FOUND[name] = Mutation(name, about, rules, places, apply, answers, acoustic, of)
        return apply

    return keep
