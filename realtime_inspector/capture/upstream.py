"""Where the relay sends what it gets: the upstream's URL, its certificates, and its failures in plain words."""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from realtime_inspector.errors import UsageError, words_of

_TLS_SCHEMES = {"wss": True, "https": True, "ws": False, "http": False}
_PATH = re.compile(r"[!-~]*")
_HOST = re.compile(r"[\w.-]+(?::\d+)?(?:/|\Z)")
_SECRET_PARTS = re.compile(r"(?<=//)[^/?#]*@|[?#].*", re.DOTALL)
"""What a message leaves out of a URL."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A server to relay to."""

    host: str
    """Its name as DNS and TLS have it, or its address."""
    port: int
    tls: bool
    prefix: str = ""
    """Path that stands before every target that does not begin with it, without a slash at its end."""

    @classmethod
    def parse(cls, url: str) -> Upstream:
        """Read an upstream's URL.

        Raises:
            UsageError: If it is none.
        """
        shown = _SECRET_PARTS.sub("", url)
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise UsageError(f"--upstream {shown!r} is not a URL: {error}") from None
        if parts.scheme not in _TLS_SCHEMES or not parts.hostname:
            raise UsageError(f"--upstream {shown!r} is not a URL of a server; write {_meant(shown)}")
        if port == 0:
            raise UsageError(f"--upstream {shown!r}: no server has port 0; give the port that it listens on")
        if parts.query or parts.fragment or "@" in parts.netloc:
            raise UsageError(
                f"--upstream wants scheme, host and path alone, not what {parts.hostname!r} has besides them"
            )
        if _PATH.fullmatch(parts.path) is None:
            raise UsageError(f"--upstream {shown!r}: the path has what no request can have; write it percent-encoded")
        try:
            host = parts.hostname.encode("idna").decode()
        except UnicodeError:
            raise UsageError(f"--upstream {shown!r}: {parts.hostname!r} is no name that a server can have") from None
        tls = _TLS_SCHEMES[parts.scheme]
        return cls(host, port or (443 if tls else 80), tls, parts.path.rstrip("/"))

    @property
    def authority(self) -> str:
        """The value of the `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The upstream as a WebSocket URL, without the prefix."""
        return f"{'wss' if self.tls else 'ws'}://{self.authority}"

    def target(self, target: str) -> str:
        """Return a request's target with the prefix before it."""
        known = target == self.prefix or target.startswith((self.prefix + "/", self.prefix + "?"))
        return target if not self.prefix or known or not target.startswith("/") else self.prefix + target


class UnreachableError(ConnectionError):
    """A server cannot be reached, for a reason that is known in words."""

    def __init__(self, why: str, what_to_do: str) -> None:
        super().__init__(why)
        self.why = why
        self.what_to_do = what_to_do


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """What shows a server who asks: a certificate with its chain, and its key."""

    path: Path
    key: Path | None = None
    """File of the key, if it is not that of the certificate."""

    def load(self, context: ssl.SSLContext) -> None:
        """Show it wherever a server asks for one.

        Raises:
            UsageError: If it is none, or its key does not fit or has a password.
        """
        place = f"--client-cert {self.path}" + (f" --client-key {self.key}" if self.key is not None else "")
        asked: list[bool] = []

        def password() -> str:
            asked.append(True)
            return ""

        try:
            context.load_cert_chain(self.path, self.key, password=password)
        except (OSError, ValueError) as error:
            if asked:
                raise UsageError(f"{place}: the key has a password; `openssl pkey` writes it without one") from error
            reason = "the key is another one's" if "MISMATCH" in str(error) else "no certificate and key in PEM there"
            hint = "; --client-key names the file of the key" if self.key is None else ""
            missing = isinstance(error, FileNotFoundError)
            raise UsageError(f"{place}: {'no such file' if missing else reason + hint}") from error


def client_context(ca: Path | None = None, certificate: ClientCertificate | None = None) -> ssl.SSLContext:
    """Return the TLS settings for the upstream: certificates are verified, `ca` adds private ones.

    Raises:
        UsageError: If `ca` is no file of certificates, or our own certificate cannot be used.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if ca is not None:
        try:
            context.load_verify_locations(cafile=ca)
        except (OSError, ssl.SSLError) as error:
            problem = "no certificates in PEM there" if isinstance(error, ssl.SSLError) else words_of(error)
            raise UsageError(f"--upstream-ca {ca}: {problem}") from error
    if certificate is not None:
        certificate.load(context)
    return context


def _meant(url: str) -> str:
    """Return what to write in place of something that is no URL of a server."""
    host = url.rpartition("://")[2]
    if _HOST.match(host) is None:
        return "wss://HOST, ws://HOST:PORT or the like"
    return f"wss://{host}, or ws://{host} if it speaks no TLS"


def explain(error: BaseException, upstream: Upstream, way: str = "") -> tuple[str, str]:
    """Return why the upstream could not be reached, and what to do about it; `way` is said of where it may be lost."""
    where = f"{upstream.host}:{upstream.port}"
    if isinstance(error, UnreachableError):
        return error.why, error.what_to_do
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the certificate of {where} is not trusted: {error.verify_message}",
            "if it is a private server, give the certificate of its CA with --upstream-ca FILE",
        )
    if isinstance(error, ssl.SSLError) and _wants_certificate(error):
        return f"{where} wants a certificate of its client", "give one that it knows, with --client-cert FILE"
    if isinstance(error, ssl.SSLError):
        return (
            f"{where} does not speak TLS as expected: {getattr(error, 'reason', '') or error}",
            "is it ws:// instead of wss://?",
        )
    if isinstance(error, ConnectionResetError) and upstream.tls:
        return f"{where} broke the TLS handshake off{way}", "is it ws:// instead of wss://?"
    if isinstance(error, socket.gaierror):
        return f"the name {upstream.host!r} is not known: {words_of(error)}", "check the name, and the network"
    if isinstance(error, TimeoutError):
        return f"{where} does not answer{way}", "check the address, the network, and whether a firewall is between"
    reason = words_of(error)
    if "onnect call failed" in reason:
        reason = "connection refused"
    return f"{where} cannot be reached: {reason}", "start the server, or point the proxy elsewhere with --upstream URL"


def kind_of(error: BaseException) -> str:
    """Return the kind of a failure to reach the upstream, as figures name it."""
    kinds = {
        UnreachableError: "proxy",
        ssl.SSLCertVerificationError: "certificate",
        ssl.SSLError: "tls",
        socket.gaierror: "name",
        TimeoutError: "timeout",
        ConnectionRefusedError: "refused",
    }
    refused = "Connect call failed" in str(error)  # to every one of several addresses
    return next((name for kind, name in kinds.items() if isinstance(error, kind)), "refused" if refused else "other")


def _wants_certificate(error: ssl.SSLError) -> bool:
    reason = str(getattr(error, "reason", "") or error).upper().replace(" ", "_")
    return any(word in reason for word in ("CERTIFICATE_REQUIRED", "ALERT_HANDSHAKE_FAILURE", "ALERT_BAD_CERTIFICATE"))
