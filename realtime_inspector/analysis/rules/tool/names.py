"""Tools after which silence is meant."""

from __future__ import annotations

import re

_SILENT = re.compile(
    r"(^|_)("
    r"(end|finish|close|terminate|leave|stop)_(the_)?(call|conversation|chat|session|phone_call)|"
    r"hang_?up(_call|_phone)?|disconnect(_call)?|goodbye|say_goodbye|"
    r"transfer_(the_)?(call|caller|user|customer)|transfer_to_\w+|voicemail|"
    r"wait_for_(user|input|speech)\w*|(remain|stay|be|keep)_(silent|quiet)|silence|no_?op|do_nothing"
    r")$"
)


_DOING = re.compile(r"^(show|display|render|highlight|navigate|scroll|play|log|save|record|track|notify)(_|$)")


def needs_no_word(name: str) -> bool:
    """Tell whether a tool's name (`show_map`, `logEvent`) says that it does something and has nothing to tell."""
    return bool(_DOING.search(_snake(name)))


def silence_is_meant(name: str) -> bool:
    """Tell whether a tool's name (`end_call`, `hangUp`, `wait_for_user`) says that nothing need be said after it."""
    return bool(_SILENT.search(_snake(name)))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_")
