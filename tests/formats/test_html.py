"""The page: it needs nothing, lets nothing of a peer run, and says what the recording says."""

from __future__ import annotations

import io
import json
import re
import wave
from base64 import b64decode, b64encode
from dataclasses import replace
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from realtime_inspector.analysis.cost import Bill
from realtime_inspector.formats import exports, read_any
from realtime_inspector.formats.html import event_list, page, units
from realtime_inspector.formats.imported import Imported
from tests.formats.recorded import HEADER, heard, recorded, spoke, tone

ROOT = Path(__file__).parent.parent.parent
BARGE_IN = ROOT / "recordings/barge-in.jsonl"
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u202e\u001b[31m\u0000\"'&"


KNOWN = re.findall(
    r"\w+",
    "html head meta link title style body main header nav h1 h2 h3 h4 p a b i dl dt dd small section span button "
    "details summary pre code del ins div svg g rect line text path defs pattern table caption thead tbody tr th td ul "
    "li bdi label input footer script",
)


class Parsed(HTMLParser):
    """The page as a browser reads it."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.scripts = {
            kind: content.partition(f"<{kind}>")[2].partition(f"</{kind}>")[0] for kind in ("script", "style")
        }
        self._last = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._last = tag

    def handle_data(self, data: str) -> None:
        if self._last not in self.scripts:
            self.words.append(data)

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]

    @property
    def text(self) -> str:
        return "".join(self.words)


def parsed(recording: object, **options: object) -> Parsed:
    return Parsed(b"".join(page.write(recording, **options)).decode())  # type: ignore[arg-type]


def evil() -> Imported:
    said = json.dumps(EVIL)
    item = f'{{"id": {said}, "type": "message", "role": "user", "content": [{{"type": "input_text", "text": {said}}}]}}'
    call = f'{{"id": "f", "type": "function_call", "name": {said}, "call_id": {said}}}'
    return recorded(f"""
        > GET /v1/realtime?model=</title><script>1</script> {{"X-Evil": "<b>"}}
        < {{"type": "session.created", "session": {{"id": {said}, "model": {said}}}}}
        < {{"type": "conversation.item.added", "item": {item}}}
        < {{"type": "response.created", "response": {{"id": {said}}}}}
        < {{"type": "response.output_item.added", "response_id": {said}, "item": {call}}}
        < {{"type": {said}}}
        > no JSON {EVIL[:50]}
        < {{"type": "error", "error": {{"code": {said}, "message": {said}}}}}
        x
    """)


def test_nothing_of_a_peer_becomes_markup() -> None:
    found = parsed(evil(), title=EVIL)
    assert len(found.all("script")) == 1
    assert {name for name, _ in found.tags} <= set(KNOWN)
    assert found.text.count("onerror=alert(2)") > 5
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", found.text)
    assert not re.search(
        "[\x00-\x1f\u202e]", "".join(value or "" for _, marks in found.tags for value in marks.values())
    )


def test_only_its_own_style_and_script_may_run_and_nothing_is_fetched() -> None:
    found = parsed(read_any(BARGE_IN))
    (policy,) = [meta["content"] for meta in found.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    for kind in ("script", "style"):
        digest = b64encode(sha256(found.scripts[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in (policy or "")
    assert (policy or "").startswith("default-src 'none'; ")
    addresses = [value for _, marks in found.tags for name, value in marks.items() if name in {"src", "href"}]
    assert addresses
    assert all((value or "").startswith(("#", "data:")) for value in addresses)
    assert not any(name == "style" or name.startswith("on") for _, marks in found.tags for name in marks)
    assert not re.search(r"url\(|@import|fetch\(|XMLHttp|https?:", "".join(found.scripts.values()))


def test_it_is_written_as_checkers_of_html_want_it() -> None:
    written = b"".join(page.write(read_any(BARGE_IN))).decode()
    head, _, body = written.partition("</head>")
    assert head.startswith("<!DOCTYPE html>")
    assert "/>" not in head.partition("<style>")[0], "a void element of HTML is not closed"
    assert "<rect " in body
    assert not re.search(r"<(rect|line|path|polygon|circle)\b[^>]*[^/]>", body), "an empty element of SVG is"


def test_every_link_leads_to_a_place_on_the_page() -> None:
    found = parsed(read_any(ROOT / "recordings/missing-call-id.jsonl"))
    places = {marks["id"] for _, marks in found.tags if "id" in marks}
    wanted = {(marks["href"] or "")[1:] for marks in found.all("a")}
    assert wanted <= places
    assert "e21" in wanted


def test_the_sound_is_the_export_s_sample_by_sample() -> None:
    found = parsed(read_any(BARGE_IN))
    (player,) = found.all("audio")
    sound = b64decode((player["src"] or "").removeprefix("data:audio/wav;base64,"))
    assert sound == b"".join(exports.write(read_any(BARGE_IN), "wav"))


def test_a_long_call_gets_a_coarser_sound_and_then_its_beginning_and_says_so() -> None:
    call = recorded(f"+1s > {spoke(tone(24000, 300))}\n< {heard('i1', tone(24000, 600))}\n+2s x")
    found = parsed(call, most_bytes=96_000)
    source = (found.all("audio")[0]["src"] or "").partition("base64,")[2]
    with wave.open(io.BytesIO(b64decode(source))) as file:
        assert (file.getframerate(), file.getnframes()) == (8000, 24000)
        frames = file.readframes(file.getnframes())
    assert tone(1, 300) + tone(1, 600) in frames
    assert "at 8000 Hz instead of 24000 Hz" in found.text
    assert "Only the first 3 s can be played here." in found.text


def test_without_audio_there_is_no_sound_and_no_waveform() -> None:
    found = parsed(read_any(BARGE_IN), audio=False)
    assert (found.all("audio"), [path for path in found.all("path") if path["class"] == "wave"]) == ([], [])
    assert [path for path in parsed(read_any(BARGE_IN)).all("path") if path["class"] == "wave"]


def test_where_no_sound_can_be_made_the_rest_is_told() -> None:
    found = parsed(recorded(f"> {spoke(tone(10, 7))}\n+90000s > {spoke(tone(10, 7))}\nx"))
    assert found.all("audio") == []
    assert "Timeline" in found.text


def test_it_says_what_is_wrong_why_and_what_to_do() -> None:
    text = parsed(read_any(ROOT / "recordings/missing-call-id.jsonl")).text
    assert "TOOL003 missing-call-id" in text
    assert "Fix: put the call_id that came with the function call inside item" in text
    assert "Why: the server refuses the item, the call stays unanswered" in text
    assert "The event as the API takes it" in text


def test_what_nobody_heard_is_struck_out() -> None:
    content = b"".join(page.write(read_any(BARGE_IN))).decode()
    heard = (
        'Yes, loud <span class="aloud"> \\[not heard:] </span><del [^>]*>and clear. How can I help you today\\?</del>'
    )
    assert re.search(heard, content)
    assert "generated, not heard" in content


def test_streams_of_pieces_are_one_row_and_audio_is_a_size() -> None:
    found = parsed(read_any(BARGE_IN))
    assert re.search(r"\d+ times input_audio_buffer.append", found.text)
    assert re.search(r"<\d+ bytes of audio>", found.text)
    without = parsed(read_any(BARGE_IN), with_events=False)
    assert not [marks for _, marks in without.tags if marks.get("id") == "events" or marks.get("href") == "#events"]


def test_a_million_events_are_not_all_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_list, "MOST_ROWS", 20)
    found = parsed(recorded('> {"type": "input_audio_buffer.clear"}\n' * 30 + "x"), audio=False)
    places = [marks["id"] for marks in found.all("tr") if "id" in marks]
    assert (len(places), places[-2:]) == (21, ["e20", "e21"])
    assert "11 events left out here" in found.text


def test_what_a_finding_points_to_is_there_however_late_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_list, "MOST_ROWS", 30)
    filler = '> {"type": "input_audio_buffer.clear"}\n' * 200
    found = parsed(recorded(f"""{filler}> {{"type": "response.crate"}}\n{filler}x"""), audio=False)
    assert "response.crate" in found.text
    places = [int((marks["id"] or "")[1:]) for marks in found.all("tr") if "id" in marks]
    assert 201 in places
    assert len(places) <= 30 + 15 + 2
    assert found.text.count("events left out here") == 2


def test_secrets_that_a_recording_still_has_are_not_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "canary-of-the-shop")
    call = recorded("""
        > GET /v1/realtime?api-key=canary12345 {"Authorization": "Bearer canary1234567890"}
        > {"type": "session.update", "session": {"instructions": "canary-of-the-shop sk-canary1234567890abcdef"}}
        x
    """)
    call.header = replace(HEADER, url="wss://h/v1/realtime?api-key=canary12345", tags={"k": "canary-of-the-shop"})
    assert "canary" not in b"".join(page.write(call)).decode()


def test_a_recording_of_nothing_is_a_page_too() -> None:
    assert "No rule has anything to say" in parsed(recorded("+1s x")).text


def test_the_call_is_told_with_its_cost_its_waits_and_when_it_was() -> None:
    found = parsed(read_any(BARGE_IN)).text
    assert re.search(r"Started\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", found)
    assert "Cost$0.0060 and a part without a price, by public prices" in found
    assert re.search(r"Voice to voice \(median\)\d+ ms", found)


def test_a_tool_that_was_never_answered_is_drawn_to_the_end_and_its_fix_is_open() -> None:
    found = parsed(read_any(ROOT / "recordings/missing-call-id.jsonl"))
    (bar,) = [marks for marks in found.all("rect") if marks.get("class") == "tool open"]
    assert [float((bar[end] or "").removesuffix("%")) for end in ("x", "width")] == pytest.approx(
        [6.54, 93.46], abs=0.01
    )
    assert "get_weather: no output" in found.text
    assert {"open": None} in found.all("details")


def test_what_follows_from_a_mistake_is_told_with_it_and_has_no_remedy_of_its_own() -> None:
    found = parsed(read_any(ROOT / "recordings/missing-call-id.jsonl"))
    cards = [marks["class"] for marks in found.all("details") if (marks.get("id") or "").startswith("f")]
    assert cards == ["finding error"]
    assert found.text.index("Follows from it") < found.text.index("error TOOL002 call-unanswered (event 22)")
    assert found.text.count("Fix: ") == 1


def test_a_change_is_shown_line_by_line_and_both_events_can_be_copied() -> None:
    written = b"".join(page.write(read_any(ROOT / "recordings/missing-call-id.jsonl"))).decode()
    (changes,) = re.findall('<pre class="changes"[^>]*>(.*?)</pre>', written, re.DOTALL)
    assert re.findall("<(del|ins)>(.)", changes) == [("del", "-"), ("ins", "+")]
    copies = re.findall('class="copy" data-from="(.0)"', written)
    assert copies == ["c0", "s0"]
    sources = [re.search(f'<pre id="{place}" hidden>(.*?)</pre>', written, re.DOTALL) for place in copies]
    corrected, sent = (json.loads(unescape(source[1])) for source in sources if source)
    assert corrected["item"]["call_id"] == sent["call_id"]


def test_an_id_as_long_as_a_peer_likes_is_shortened_and_says_so() -> None:
    long = "A" * 5000
    call = recorded(f'< {{"type": "error", "error": {{"code": "{long}", "message": "{long}"}}}}\nx')
    written = b"".join(page.write(call, with_events=False)).decode()
    messages = re.findall('class="message"><bdi>(.*?)</bdi>', written)
    assert messages
    assert all(len(message) < 1200 for message in messages)
    assert "more characters)" in messages[0]


def test_what_the_recording_does_not_have_is_told_before_anything_else(tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl"
    path.write_bytes(BARGE_IN.read_bytes()[:2000] + b"\nno entry at all\n")
    text = parsed(read_any(path)).text
    assert re.search(
        "Note: the recording has no end.*Note: a part of the recording cannot be read.*Findings", text, re.DOTALL
    )
    assert "call.jsonl:" in text
    assert str(tmp_path) not in text


def test_no_meaning_is_by_colour_alone() -> None:
    found = parsed(read_any(ROOT / "recordings/barge-in-without-truncate.jsonl"))
    shapes = {(marks["class"] or "").removeprefix("mark "): marks["d"] for marks in found.all("path")
              if (marks["class"] or "").startswith("mark ")}  # fmt: skip
    assert len(set(shapes.values())) == len(shapes) == 3
    named = [
        marks["aria-label"]
        for marks in found.all("a")
        if (marks["href"] or "").startswith("#f") and "aria-label" in marks
    ]
    assert any((name or "").startswith("warning INT001") for name in named)
    assert [marks for marks in parsed(read_any(BARGE_IN)).all("rect") if marks.get("fill") == "url(#hatch)"]


def test_in_a_long_call_nothing_is_drawn_longer_than_it_was() -> None:
    piece = heard("i1", tone(24000, 300))
    call = recorded(f"+10s < {piece}\n+4000s x")
    (bar,) = [marks for marks in parsed(call, audio=False).all("rect") if marks.get("class") == "heard"]
    seconds = [float((bar[end] or "").removesuffix("%")) * 40.1 for end in ("x", "width")]
    assert seconds == pytest.approx([10, 1], abs=0.1)


def test_many_findings_are_folded_and_the_rest_counted() -> None:
    wrong = "".join(f'> {{"type": "no.such.event{chr(97 + at)}"}}\n' for at in range(26)) * 3
    found = parsed(recorded(wrong + "x"), audio=False)
    cards = [marks for marks in found.all("details") if (marks.get("class") or "").startswith("finding")]
    assert len(cards) < 30
    assert 1 <= sum("open" in marks for marks in cards) <= 5


def test_what_the_server_says_of_a_mistake_stands_behind_the_rule_that_knows_it() -> None:
    found = parsed(read_any(ROOT / "recordings/missing-call-id.jsonl")).text
    assert found.index("TOOL003 missing-call-id") < found.index("TOOL002") < found.index("ERR001 server-error")


def test_a_time_is_told_in_the_unit_that_fits() -> None:
    assert [units.ms(each) for each in (85.4, 2079, 125_000)] == ["85 ms", "2.1 s", "2:05 min"]
    assert units.moment("yesterday") == "yesterday"
    assert ["".join(units.usd(each)) for each in (Bill(), Bill(0.00431, 1), Bill(12.5, 3))] == [
        "",
        "$0.0043, by public prices",
        "$12.50, by public prices",
    ]
    assert [units.clock(each) for each in (-1, 2.34, 59.97, 754)] == ["0:00.0", "0:02.3", "1:00.0", "12:34.0"]
