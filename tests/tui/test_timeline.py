from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime_inspector.analysis.turns import turns
from realtime_inspector.tui import timeline
from realtime_inspector.tui.study import Study
from realtime_inspector.tui.timeline import LABEL_WIDTH, Model, Stretch, Window
from realtime_inspector.tui.waveform import TOP, Waveform
from tests.tui import sample


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    study = Study(sample.write(tmp_path / "call.jsonl"), sample.RULES)
    study.read_on(lambda: True)
    study.analyse(lambda: True)
    yield study
    study.close()


def lanes(model: Model, sound: Waveform, window: Window, cursor: float = -1.0) -> dict[str, str]:
    """Return what stands in each lane, by its name."""
    drawn = [line.text for line in timeline.lines(model, sound, window, cursor, 20)]
    return {text[:LABEL_WIDTH].strip(): text[LABEL_WIDTH:] for text in drawn if text[:LABEL_WIDTH].strip()}


def test_what_went_on_stands_between_its_moments(study: Study) -> None:
    model = timeline.model(study.session, turns(study.session), study.findings, study.length_s)
    drawn = lanes(model, Waveform(study.index), Window(0.0, 5.0, 50))
    assert drawn["speech"].rstrip() == "   ├────┤"
    assert drawn["waiting"].rstrip() == "     ├──────────────┤"[:21]
    assert drawn["tool"].rstrip() == "           ├get_wea…┤"
    assert [at for at, sign in enumerate(drawn["findings"]) if sign != " "] == [15, 42]
    assert timeline.about(model, 1.2) == "the user waits, tool get_weather"
    assert timeline.about(model, 4.0) == "nothing goes on"


def test_what_has_no_end_goes_on_to_the_recording_s_and_what_is_outside_is_not_drawn(study: Study) -> None:
    model = Model(tools=(Stretch(1.0, 9.0, "x", open=True), Stretch(20.0, 21.0, "y")), length_s=9.0)
    assert lanes(model, Waveform(study.index), Window(0.0, 10.0, 10))["tool"] == " ├x──────┄"
    assert lanes(model, Waveform(study.index), Window(4.0, 4.0, 8))["tool"] == "─x──────"


def test_the_cursor_is_a_line_through_all_lanes(study: Study) -> None:
    drawn = timeline.lines(Model(length_s=5.0), Waveform(study.index), Window(0.0, 5.0, 50), 2.55, 20)
    assert all(line.text[LABEL_WIDTH + 25] in "│▲" for line in drawn[1:])


def test_loudness_is_the_height_and_what_was_not_played_is_hatched(study: Study) -> None:
    sound = Waveform(study.index)
    sound.assistant.put(0.0, bytes([TOP, TOP // 2, 1, 0]))
    sound.assistant.unheard.append((0.06, 0.1))
    drawn = [line.text[LABEL_WIDTH:] for line in timeline.lines(Model(), sound, Window(0.0, 0.1, 5), -1.0, 20)]
    assert [drawn[5], drawn[6]] == ["█    ", "██▁░░"]


def test_zooming_keeps_the_moment_in_its_place_and_stops_at_the_edges() -> None:
    window = Window(0.0, 100.0, 50)
    near = window.zoomed(0.5, 80.0, 100.0)
    assert (near.start, near.span) == (40.0, 50.0)
    assert near.zoomed(8.0, 80.0, 100.0) == window
    assert near.showing(10.0, 100.0).start == 0.0
    assert near.showing(60.0, 100.0) is near
    assert window.zoomed(1e-9, 50.0, 100.0).span == timeline.MIN_SPAN_S


@pytest.mark.parametrize("span", [0.2, 3.0, 700.0, 90_000.0])
def test_ticks_are_round_moments_with_room_between_them(study: Study, span: float) -> None:
    (axis, *_) = timeline.lines(Model(), Waveform(study.index), Window(span / 3, span, 60), -1.0, 20)
    labels = axis.text.split("╷")[1:]
    assert 2 <= len(labels) <= 6
    assert all(label.strip() for label in labels)


def test_a_recording_of_nonsense_times_is_drawn_all_the_same(study: Study) -> None:
    model = Model(speech=(Stretch(-1e300, 1e300),), marks=((1e300, "E", "error"),), length_s=1e300)
    assert lanes(model, Waveform(study.index), Window(0.0, 1e300, 20), 5e299)["speech"] == "─" * 20
