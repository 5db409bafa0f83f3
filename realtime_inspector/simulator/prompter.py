"""Which answer of the scenario is next. Knows words and call ids; no events, no time."""

from __future__ import annotations

from collections.abc import Mapping

from realtime_inspector.simulator.scenario import Reply, Scenario, Turn


class Prompter:
    """A place in a scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._left = list(scenario.turns)
        self._heard: list[str] = []
        self._reply: Reply | None = None
        self._calls: dict[str, bool] = {}
        self._then: Reply | None = None
        self._resumed: Reply | None = None

    def transcript(self) -> str:
        """Return what the user is held to say when speaking now."""
        turn = self._in_order()
        return turn.heard if turn is not None else ""

    def transcription_error(self) -> Mapping[str, str] | None:
        """Return why what the user says now cannot be transcribed; None if it can."""
        turn = self._in_order()
        return turn.transcription_error if turn is not None else None

    def sounds_unfinished(self) -> bool:
        """Tell whether what the user says now sounds unfinished."""
        turn = self._in_order()
        return turn is not None and turn.unfinished

    def skip(self) -> None:
        """Pass over a turn: a session that only transcribes answers nothing."""
        turn = self._in_order()
        if turn is not None:
            self._left.remove(turn)

    def user_said(self, text: str) -> None:
        """Take a user message in, written or spoken."""
        self._heard.append(text)

    def called(self, call_id: str) -> None:
        """Note a call that was made to its end."""
        self._calls[call_id] = False
        self._then = self._reply.then if self._reply is not None else None

    def answered(self, call_id: str) -> None:
        """Note an output."""
        if call_id in self._calls:
            self._calls[call_id] = True

    def resume(self, reply: Reply) -> None:
        """Have the next response be this one: it was held up by a request for approval."""
        self._resumed = reply

    def next_reply(self, *, tools: frozenset[str] | None) -> Reply:
        """Return the answer to what came since the last one; a call of a tool that is not declared is left out.

        `tools` is None where tools are not declared.
        """
        reply = self._choose()
        calls = tuple(call for call in reply.call if tools is None or call.name in tools)
        if reply.call and not calls:
            reply = Reply(say=reply.say or self.scenario.fallback, delay_ms=reply.delay_ms)
        self._reply = reply
        self._heard.clear()
        return reply

    def _choose(self) -> Reply:
        if self._resumed is not None:
            reply, self._resumed = self._resumed, None
            return reply
        if self._calls and all(self._calls.values()):
            self._calls.clear()
            if self._then is not None:
                return self._then
        elif self._calls and not self._heard:
            return Reply(say=self.scenario.waiting)
        chosen = self._chosen()
        if chosen is not None:
            return Reply(say=chosen) if isinstance(chosen, str) else chosen
        turn = self._fitting() or self._in_order()
        if turn is None:
            return Reply(say=self.scenario.fallback)
        self._left.remove(turn)
        return turn.reply

    def _chosen(self) -> Reply | str | None:
        """Ask the scenario's own function, if it has one; what is wrong with it is what the response fails with."""
        if self.scenario.choose is None:
            return None
        try:
            chosen: object = self.scenario.choose(" ".join(self._heard))
        except Exception as error:  # the user's own code may raise anything
            problem = f"raised {type(error).__name__}: {error}"
        else:
            if chosen is None or isinstance(chosen, Reply | str):
                return chosen
            problem = f"returned {type(chosen).__name__}; it gives a Reply, a text or None"
        message = f"the scenario's `choose` {problem}"
        return Reply(fail={"type": "server_error", "code": "server_error", "message": message})

    def _fitting(self) -> Turn | None:
        text = " ".join(self._heard).lower()
        self._refill()
        return next((turn for turn in self._left if turn.when and all(word in text for word in turn.when)), None)

    def _in_order(self) -> Turn | None:
        self._refill()
        return next((turn for turn in self._left if not turn.when), None)

    def _refill(self) -> None:
        if self.scenario.repeat and not any(not turn.when for turn in self._left):
            self._left = list(self.scenario.turns)
