from __future__ import annotations

from base64 import b64decode, b64encode
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_inspector.recording.entry import Entry, Header, Kind, Side
from realtime_inspector.recording.redact import Redactor

ENVIRONMENT = {
    "OPENAI_API_KEY": "plain-canary-0001",
    "ODD_TOKEN": 'quo"te/sl\\ash wörd',
    "SILENT_SECRET": "AAAAAAAAAAAA",
    "SHORT_KEY": "short",
    "PIN_KEY": "9081726354",
    "HOME": "not-a-secret-name",
}
REDACTOR = Redactor.from_environment(ENVIRONMENT)


def redacted(payload: str) -> tuple[str, tuple[str, ...]]:
    data, paths = REDACTOR.payload(payload.encode())
    return data.decode(), paths


def members(kind: Kind, **given_members: object) -> tuple[dict[str, object], tuple[str, ...]]:
    entry = REDACTOR.entry(Entry(1, 0.0, Side.CLIENT, kind, members=given_members))
    return dict(entry.members), entry.redacted


@pytest.mark.parametrize(
    ("payload", "expected", "paths"),
    [
        ('{"k" : "sk-proj-Ab_12-x9" , "n":1.0}', '{"k" : "[redacted:sk]" , "n":1.0}', ("k",)),
        ('{"k":"a sk-12345678, b"}', '{"k":"a [redacted:sk], b"}', ("k",)),
        ('{"k":"ek_1234567890"}', '{"k":"[redacted:ek]"}', ("k",)),
        ('{"k":"Bearer abc.DEF-123"}', '{"k":"Bearer [redacted:Bearer]"}', ("k",)),
        ('{"k":"\\u0073\\u006b-12345678"}', '{"k":"[redacted:sk]"}', ("k",)),
        ('{"sk-12345678":1}', '{"[redacted:sk]":1}', ("[redacted:sk]",)),
        (
            '{"session":{"tools":[{"type":"function"},{"type":"mcp","authorization":"t","headers":{"X":"v\\n","Y":"w"}}]}}',
            '{"session":{"tools":[{"type":"function"},{"type":"mcp","authorization":"[redacted:authorization]",'
            '"headers":{"X":"[redacted:headers]","Y":"[redacted:headers]"}}]}}',
            ("session.tools[1].authorization", "session.tools[1].headers.X", "session.tools[1].headers.Y"),
        ),
        (
            '{"client_secret":{"value":"x","expires_at":1}}',
            '{"client_secret":{"value":"[redacted:client_secret]","expires_at":1}}',
            ("client_secret.value",),
        ),
        (
            '{"value":"x","expires_at":1,"session":{}}',
            '{"value":"[redacted:client_secret]","expires_at":1,"session":{}}',
            ("value",),
        ),
        ('{"url":"https://h/?api_key=x&b=1"}', '{"url":"https://h/?api_key=[redacted:api_key]&b=1"}', ("url",)),
        ('{"k":"plain-canary-0001"}', '{"k":"[redacted:OPENAI_API_KEY]"}', ("k",)),
        ('{"k":"quo\\"te\\/sl\\\\ash wörd"}', '{"k":"[redacted:ODD_TOKEN]"}', ("k",)),
        ('{"k":"quo\\"te/sl\\\\ash w\\u00f6rd"}', '{"k":"[redacted:ODD_TOKEN]"}', ("k",)),
        ('{"k":"short not-a-secret-name"}', '{"k":"short not-a-secret-name"}', ()),
        ('{"k":9081726354}', '{"k":"[redacted:PIN_KEY]"}', ("k",)),
        (
            '{"arguments":"{\\"authorization\\":\\"t\\",\\"n\\":1}"}',
            '{"arguments":"{\\"authorization\\":\\"[redacted:authorization]\\",\\"n\\":1}"}',
            ("arguments",),
        ),
        ('{"k":"cut off {\\"k\\":\\"\\nsk-12345678"}', '{"k":"cut off {\\"k\\":\\"\\n[redacted:sk]"}', ("k",)),
    ],
)  # fmt: skip
def test_a_secret_in_json_is_replaced_and_the_rest_keeps_its_bytes(
    payload: str, expected: str, paths: tuple[str, ...]
) -> None:
    assert redacted(payload) == (expected, paths)
    orjson.loads(expected)


@pytest.mark.parametrize(
    "payload",
    [
        '{"type":"session.update","session":{"instructions":"ask-me-anything about task-management-system"}}',
        '{"k":"risk-taking-behaviour, week_numbers, bearer of bad news, bearer authentication, sk-SK"}',
        '{"tools":[{"type":"function","parameters":{"properties":{"headers":{"type":"object"},"api_key":{"type":"x"}}}}]}',
        '{"session":{"expires_at":1,"object":"realtime.session"}}',
        '{"headers":{"X":"not of a tool"}}',
        '{"k":"[redacted:sk]","authorization":"[redacted:authorization]"}',
    ],
)
def test_what_only_looks_alike_is_left_alone(payload: str) -> None:
    assert redacted(payload) == (payload, ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"authorization":"abc', '{"authorization":"[redacted:authorization]'),
        (
            'data: {"headers":{"X":"v"},"k":"sk-12345678"}\n\n',
            'data: {"headers":{"X":"[redacted:headers]"},"k":"[redacted:sk]"}\n\n',
        ),
        ("client_secret=x&a=b", "client_secret=[redacted:client_secret]&a=b"),
        ("Authorization: Bearer abc123def", "Authorization: Bearer [redacted:Bearer]"),
        ('["Bearer abc123def"]', '["Bearer [redacted:Bearer]"]'),
    ],
)
def test_text_that_is_no_object_is_searched_too(text: str, expected: str) -> None:
    assert redacted(text)[0] == expected


@given(st.binary(min_size=30, max_size=4000), st.sampled_from(["audio", "delta", "other"]))
def test_audio_is_never_touched(audio: bytes, name: str) -> None:
    payload = orjson.dumps({"type": "input_audio_buffer.append", name: b64encode(audio).decode()})
    assert REDACTOR.payload(payload) == (payload, ())


def test_silence_is_no_secret_even_if_a_variable_says_so() -> None:
    payload = orjson.dumps({"type": "input_audio_buffer.append", "audio": b64encode(bytes(3000)).decode()})
    assert REDACTOR.payload(payload) == (payload, ())
    assert redacted('{"k":"AAAAAAAAAAAA"}') == ('{"k":"[redacted:SILENT_SECRET]"}', ("k",))


def test_a_known_secret_inside_audio_is_found() -> None:
    redactor = Redactor({"K": "QmFzZTY0U2VjcmV0"})
    audio = b64encode(bytes(1200)).decode()
    payload = orjson.dumps({"audio": audio + "QmFzZTY0U2VjcmV0" + audio})
    assert redactor.payload(payload)[0] == orjson.dumps({"audio": f"{audio}[redacted:K]{audio}"})


@given(
    st.recursive(
        st.text() | st.integers(-(2**53), 2**53) | st.none() | st.sampled_from([*ENVIRONMENT.values(), "sk-123456789"]),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
        max_leaves=12,
    ),
    st.booleans(),
    st.integers(0, 2),
)
def test_json_stays_json_and_no_secret_is_left(value: object, indent: bool, depth: int) -> None:
    document: object = {"k": value}
    for _ in range(depth):
        document = {"nested": orjson.dumps(document).decode()}
    payload = orjson.dumps(document, option=orjson.OPT_INDENT_2 if indent else 0)
    text, paths = REDACTOR.payload(payload)
    again = orjson.loads(text)
    assert bool(paths) == (text != payload)
    for name in ("OPENAI_API_KEY", "ODD_TOKEN"):
        assert not holds(again, ENVIRONMENT[name])
    assert not holds(again, "sk-123456789")


def holds(value: object, secret: str) -> bool:
    if isinstance(value, str):
        return secret in value
    if isinstance(value, list):
        return any(holds(item, secret) for item in value)
    if isinstance(value, dict):
        return any(holds(item, secret) or secret in name for name, item in value.items())
    return False


def test_headers_lose_their_secrets_and_keep_their_order() -> None:
    headers = [
        ["Host", "h"],
        ["AUTHORIZATION", "Bearer abc"],
        ["api-key", "x"],
        ["Cookie", "a=b"],
        ["set-cookie", "a=b"],
        ["OpenAI-Organization", "org-1"],
        ["X-Goog-Api-Key", "x"],
        ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
        ["Sec-WebSocket-Protocol", "realtime, openai-insecure-api-key.abc, openai-project.p1"],
        ["Referer", "https://h/?token=abc"],
        ["X-Ratelimit-Remaining-Tokens", "12"],
    ]
    got, paths = members(Kind.REQUEST, method="GET", target="/", headers=headers)
    assert got["headers"] == [
        ["Host", "h"],
        ["AUTHORIZATION", "[redacted:AUTHORIZATION]"],
        ["api-key", "[redacted:api-key]"],
        ["Cookie", "[redacted:Cookie]"],
        ["set-cookie", "[redacted:set-cookie]"],
        ["OpenAI-Organization", "[redacted:OpenAI-Organization]"],
        ["X-Goog-Api-Key", "[redacted:X-Goog-Api-Key]"],
        ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
        [
            "Sec-WebSocket-Protocol",
            "realtime, openai-insecure-api-key.[redacted:openai-insecure-api-key], "
            "openai-project.[redacted:openai-project]",
        ],
        ["Referer", "https://h/?token=[redacted:token]"],
        ["X-Ratelimit-Remaining-Tokens", "12"],
    ]
    assert paths[0] == "headers.AUTHORIZATION"
    assert len(paths) == 8


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/v1/realtime?model=gpt%20x&api-key=abc", "/v1/realtime?model=gpt%20x&api-key=[redacted:api-key]"),
        ("/v1?apiKey=a&key=b&access_token=c&sig=d", "/v1?apiKey=[redacted:apiKey]&key=[redacted:key]"
         "&access_token=[redacted:access_token]&sig=[redacted:sig]"),
        ("/v1?m=sk%2D12345678", "/v1?m=[redacted:sk]"),
        (f"/v1/{quote(ENVIRONMENT['ODD_TOKEN'], safe='')}/x", "/v1/[redacted:ODD_TOKEN]/x"),
        ("/v1/realtime?call_id=rtc_1&intent=transcription", "/v1/realtime?call_id=rtc_1&intent=transcription"),
    ],
)  # fmt: skip
def test_a_target_loses_its_secrets_alone(target: str, expected: str) -> None:
    assert REDACTOR.url(target) == expected
    assert members(Kind.REQUEST, target=target)[0]["target"] == expected


def test_the_answer_to_a_request_for_a_client_secret_hides_its_value_whatever_it_looks_like() -> None:
    got, paths = members(Kind.RESPONSE, status=200, to="POST /v1/realtime/client_secrets?a=1", body='{"value": "odd"}')
    assert (got["body"], paths) == ('{"value": "[redacted:client_secret]"}', ("body.value",))
    assert members(Kind.RESPONSE, to="POST /v1/other", body='{"value": "odd"}')[1] == ()


def test_a_body_in_base64_is_searched_for_text() -> None:
    body = b'--b\r\n\r\n{"authorization": "tok"}\r\n--b\xff'
    got, paths = members(Kind.REQUEST, body_base64=b64encode(body).decode())
    assert b64decode(str(got["body_base64"])) == body.replace(b"tok", b"[redacted:authorization]")
    assert paths == ("body_base64",)


def test_the_reason_of_a_close_is_searched() -> None:
    assert members(Kind.CLOSE, code=4001, reason="bad key sk-12345678")[0]["reason"] == "bad key [redacted:sk]"


def test_binary_messages_and_pings_are_searched_and_chance_is_not_a_key() -> None:
    def data(payload: bytes, kind: Kind = Kind.MESSAGE) -> bytes:
        return REDACTOR.entry(Entry(1, 0.0, Side.CLIENT, kind, payload, binary=kind is Kind.MESSAGE)).payload

    assert data(b'{"k":"sk-12345678"}') == b'{"k":"[redacted:sk]"}'
    assert data(b"\xff sk-1234567 \xff") == b"\xff sk-1234567 \xff"
    assert data(b"\xff sk-123456789012345678901234567890 \xff") == b"\xff [redacted:sk] \xff"
    assert data(b"\xffplain-canary-0001") == b"\xff[redacted:OPENAI_API_KEY]"
    assert data(b"plain-canary-0001", Kind.PING) == b"[redacted:OPENAI_API_KEY]"


def test_an_entry_without_secrets_is_the_same_object() -> None:
    entry = Entry(1, 0.0, Side.SERVER, Kind.MESSAGE, b'{"type":"response.done"}')
    assert REDACTOR.entry(entry) is entry
    end = Entry(2, 0.0, Side.PROXY, Kind.END, members={"how": "closed"})
    assert REDACTOR.entry(end) is end


def test_a_header_loses_what_its_url_and_tags_hold() -> None:
    header = REDACTOR.header(Header("id", "now", url="wss://h/v1?api_key=x", tags={"who": "sk-12345678"}))
    assert (header.url, header.tags) == ("wss://h/v1?api_key=[redacted:api_key]", {"who": "[redacted:sk]"})


@given(st.text(max_size=200))
def test_redaction_is_done_once(text: str) -> None:
    once = REDACTOR.text(text + " sk-12345678 Bearer abc123def ?token=x")
    assert REDACTOR.text(once) == once


@pytest.mark.parametrize(("key", "kept"), [("sk-proj-abcdef123456", "sk"), ("ek_abcdef123456", "ek")])
def test_of_a_key_in_a_subprotocol_the_kind_is_kept(key: str, kept: str) -> None:
    offered = f"realtime, openai-insecure-api-key.{key}"
    got, _ = members(Kind.REQUEST, method="GET", target="/", headers=[["Sec-WebSocket-Protocol", offered]])
    assert got["headers"] == [["Sec-WebSocket-Protocol", f"realtime, openai-insecure-api-key.[redacted:{kept}]"]]
