from __future__ import annotations

import io
import sys

import pytest

from realtime_inspector.tui import terminal
from realtime_inspector.tui.driver import driver_class


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_screen_is_drawn_on_whichever_output_is_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, file = Screen(), io.StringIO()
    drawn = []
    for error, output in ((screen, file), (file, screen), (file, file)):
        monkeypatch.setattr(sys, "__stderr__", error)
        monkeypatch.setattr(sys, "__stdout__", output)
        drawn.append(terminal.stream())
    assert drawn == [screen, screen, None]


def test_nothing_is_drawn_here_where_somebody_else_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "__stderr__", Screen())
    monkeypatch.setenv(terminal.DRIVER, "another:Driver")
    assert terminal.stream() is None


@pytest.mark.skipif(sys.platform == "win32", reason="there the framework draws on the output anyway")
def test_a_driver_of_our_own_is_used_only_where_the_framework_s_would_draw_into_a_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "__stdout__", Screen())
    monkeypatch.setattr(sys, "__stderr__", Screen())
    assert driver_class() is None
    monkeypatch.setattr(sys, "__stderr__", io.StringIO())
    assert driver_class() is not None
