"""Checks of the environment's variables: the key, and what bends a client's way. No text holds the value of a key."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from realtime_inspector.cli.checks.check import Check, ok, problem, warning

KEYS = ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY")

_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_LOOPBACK = ("127.0.0.1", "localhost")
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_UNVERIFIED = {"NODE_TLS_REJECT_UNAUTHORIZED": "0", "PYTHONHTTPSVERIFY": "0"}
_CERTIFICATES = "certificates"
_MIN_KEY = 20
"""No key of OpenAI's is shorter."""


def key(environment: Mapping[str, str], wanted: str | None = None) -> Check:
    """Check that there is a key: the variable `wanted`, which has to be there, or one of the usual."""
    names = (wanted,) if wanted else KEYS
    present = next((name for name in names if environment.get(name)), None)
    if present is None:
        text = f"{' and '.join(names)} {'is' if wanted else 'are'} not set"
        fix = f"set {names[0]} where the client is started, or here for `proxy --key-env {names[0]}`"
        return (problem if wanted else warning)("key", text, fix)
    return _key(present, environment[present])


def _key(name: str, value: str) -> Check:
    if not value.isascii() or not value.isprintable() or value != value.strip() or " " in value:
        return problem("key", f"{name} holds spaces, line breaks or other signs", f"set {name} to the key alone")
    if value[0] in "\"'" or value.lower().startswith("bearer"):
        return problem("key", f"{name} has quotes or `Bearer` around the key", f"set {name} to the key alone")
    if len(value) < _MIN_KEY:
        return warning("key", f"{name} is set, and shorter than any key ({len(value)} characters)", f"check {name}")
    return ok("key", f"{name} is set ({len(value)} characters)")


def proxies(environment: Mapping[str, str]) -> Check:
    """Check that no proxy takes what is meant for this machine."""
    named = [name for name in _PROXIES if environment.get(name)]
    if not named:
        return ok("proxies", "no HTTPS_PROXY or the like")
    exempt = environment.get("NO_PROXY", environment.get("no_proxy", ""))
    hosts = {host.strip() for host in exempt.split(",")}
    if "*" in hosts or hosts.issuperset(_LOOPBACK):
        return ok("proxies", f"{', '.join(named)} set; NO_PROXY leaves this machine out")
    missing = ",".join(host for host in _LOOPBACK if host not in hosts)
    return warning(
        "proxies",
        f"{', '.join(named)} set: clients may send what is for {missing} there, and not to the inspector",
        f"add {missing} to NO_PROXY for the client (`realtime-inspector run` does)",
    )


def base_url(environment: Mapping[str, str], listen: tuple[str, int]) -> Check:
    """Check where OPENAI_BASE_URL sends clients."""
    name = "base-url"
    value = environment.get("OPENAI_BASE_URL", "")
    if not value:
        return ok(name, "OPENAI_BASE_URL is not set: clients go to api.openai.com unless told otherwise")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in {"http", "https", "ws", "wss"} or not parts.hostname:
        return problem(name, "OPENAI_BASE_URL is no URL", f"set it to http://{listen[0]}:{listen[1]}/v1, or unset it")
    if parts.hostname in {*_LOOPBACK, "::1", listen[0]} and port == listen[1]:
        return ok(name, f"OPENAI_BASE_URL points at {parts.hostname}:{port}, where the inspector listens")
    where = parts.hostname if port is None else f"{parts.hostname}:{port}"
    return warning(
        name,
        f"OPENAI_BASE_URL points at {where}, not at {listen[0]}:{listen[1]}: clients pass the inspector by",
        f"set it to http://{listen[0]}:{listen[1]}/v1 for the client, or give this server with --upstream",
    )


def certificates(environment: Mapping[str, str], authority: Path) -> Iterator[Check]:
    """Check what the environment says of certificates; `authority` is the local CA's."""
    off = [name for name, value in _UNVERIFIED.items() if environment.get(name) == value]
    for name in off:
        yield warning(_CERTIFICATES, f"{name}: any server is believed, whatever its certificate", f"unset {name}")
    named: dict[str, list[str]] = {}
    for name in _BUNDLES:
        if environment.get(name):
            named.setdefault(environment[name], []).append(name)
    for path, names in named.items():
        yield _bundle(", ".join(names), Path(path), authority)
    if not named and not off:
        yield ok(_CERTIFICATES, "no SSL_CERT_FILE or the like: the system's certificates count")


def _bundle(names: str, path: Path, authority: Path) -> Check:
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cafile=path)
    except OSError as error:  # SSLError is one
        why = "holds no certificates in PEM" if isinstance(error, ssl.SSLError) else f"cannot be read: {error.strerror}"
        fix = f"unset {names}, or name a file of certificates there"
        return problem(_CERTIFICATES, f"{names}: {path} {why}", fix)
    own = _certificate(authority)
    if own is not None and own in context.get_ca_certs(binary_form=True):
        return ok(_CERTIFICATES, f"{names}: {path}, with the local CA")
    return ok(_CERTIFICATES, f"{names}: {path}; for TLS to the inspector it takes that of `ca --bundle`")


def _certificate(path: Path) -> bytes | None:
    try:
        return ssl.PEM_cert_to_DER_cert(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
