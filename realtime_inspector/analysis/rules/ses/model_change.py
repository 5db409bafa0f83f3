"""Asked at every update of the session."""

from __future__ import annotations

from collections.abc import Iterator

from realtime_inspector.analysis import mend
from realtime_inspector.analysis.finding import Finding, Severity
from realtime_inspector.analysis.ga import is_openai
from realtime_inspector.analysis.rule import Rule
from realtime_inspector.protocol.event import Event
from realtime_inspector.protocol.realtime.session import Session
from realtime_inspector.protocol.realtime.values import text


class ModelChange(Rule):
    """The client asks a running session to use another model.

    Why: the model of a session is fixed when it is opened; the server refuses the update or ignores the field.
    Fix: open a new session with the other model in its URL.
    Limits: an alias and its snapshot count as one model, and so do a gateway's prefix and the name in the URL. Azure's
        names of deployments are not compared, nor is any name that is none of OpenAI's where the host is another's.
    Source: Realtime API reference, `session.model` (read 2026-11-22).
    """

    id = "SES007"
    name = "model-change"
    severity = Severity.ERROR
    on = ("session.update",)
    good = (
        """
        < {"type": "session.created", "session": {"id": "s1", "model": "gpt-realtime-2025-08-28", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "model": "gpt-realtime"}}
        > {"type": "session.update", "session": {"type": "realtime", "model": "openai/gpt-realtime"}}
        """,
        """
        > GET /openai/v1/realtime?model=my-deployment
        < 101
        < {"type": "session.created", "session": {"id": "s1", "model": "my-deployment", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "model": "gpt-realtime"}}
        """,
        """
        > {"type": "session.update", "session": {"type": "realtime", "model": "gpt-realtime"}}
        """,
        """
        # names of a gateway, and of a deployment where no URL shows Azure
        > GET /v1/realtime?model=gpt-voice {"Host": "127.0.0.1:4000"}
        < 101
        < {"type": "session.created", "session": {"id": "s1", "model": "gpt-realtime-2025-08-28", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "model": "gpt-voice"}}
        > {"type": "session.update", "session": {"type": "realtime", "model": "my-deployment"}}
        """,
    )
    bad = (
        """
        < {"type": "session.created", "session": {"id": "s1", "model": "gpt-realtime-mini", "audio": {}}}
        > {"type": "session.update", "session": {"type": "realtime", "model": "gpt-realtime-2"}}  # SES007
        """,
        """
        < {"type": "session.created", "session": {"id": "s1", "model": "gpt-4o-realtime-preview", "modalities": []}}
        > {"type": "session.update", "session": {"model": "gpt-4o-mini-realtime-preview"}}  # SES007
        """,
        """
        # the session in force is not shown as a whole
        < {"type": "session.created", "session": {"id": "s1", "model": "gpt-realtime-mini", "audio": {}}}
        < {"type": "session.updated", "session": {"type": "realtime", "tools": []}}
        > {"type": "session.update", "session": {"type": "realtime", "model": "gpt-realtime-2"}}  # SES007
        """,
    )

    def check(self, event: Event, before: Session) -> Iterator[Finding]:
        """Compare with the model the server reported."""
        asked = text(event.get("session.model"))
        model = text(before.config.get("model")) or text(before.default_config.get("model"))
        own = before.target.startswith("/openai/") or asked in {
            before.query.get(name) for name in ("model", "deployment")
        }
        if not asked or not model or own or _same(asked, model) or not (_is_openais(asked) or is_openai(before)):
            return
        message = f"the session runs {model} and cannot become {asked}: leave the model out, or open a new session"
        corrected = mend.without(event.body, "session.model")
        yield self.finding(event, message, cause=before.created, corrected=corrected)


def _is_openais(asked: str) -> bool:
    return asked.rpartition("/")[2].startswith("gpt-")


def _same(asked: str, model: str) -> bool:
    one, other = (name.rpartition("/")[2] for name in (asked, model))
    longer, shorter = max(one, other, key=len), min(one, other, key=len)
    return longer == shorter or (longer.startswith(f"{shorter}-") and longer[len(shorter) + 1 :][:2] == "20")
