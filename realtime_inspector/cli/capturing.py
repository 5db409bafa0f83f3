"""What `proxy` and `run` have in common: the options of capture, and the relay or interceptor that they make."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from realtime_inspector.capture.audio import Audio, AudioPolicy
from realtime_inspector.capture.keys import UpstreamKey
from realtime_inspector.capture.launch import API
from realtime_inspector.capture.mitm import Interceptor
from realtime_inspector.capture.policy import Policy
from realtime_inspector.capture.relay import Relay
from realtime_inspector.capture.retention import duration_s, size_bytes
from realtime_inspector.capture.sink import Rotation
from realtime_inspector.capture.tags import parse_tag
from realtime_inspector.capture.upstream import ClientCertificate, Upstream
from realtime_inspector.capture.via import Via, chosen
from realtime_inspector.cli import diagnostics, folders
from realtime_inspector.errors import UsageError
from realtime_inspector.recording.redact import Redactor

_LEAST_BYTES = 10_000
_LEAST_S = 1.0
_PEM = click.Path(path_type=Path, exists=True, dir_okay=False)
_AUDIO = click.Choice([str(how) for how in Audio])


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line says of capture. No key is among it: a worker finds it in its own environment."""

    folder: Path
    host: str = "127.0.0.1"
    port: int = 0
    upstream: str | None = None
    """URL of the server; without one it is the API, or in an interceptor where the client goes."""
    behind: str | None = None
    """URL of the server that is reached by that one, if it only hands on."""
    upstream_ca: Path | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    only_model: tuple[str, ...] = ()
    sample: float = 1.0
    audio_in: Audio = Audio.KEEP
    audio_out: Audio = Audio.KEEP
    key_env: str | None = None
    drain_s: float = 0.0
    rotation: Rotation = field(default_factory=Rotation)
    via: str | None = field(default=None, repr=False)
    """URL of the proxy by which the upstream is reached, maybe with a password; or `env`."""
    certificate: ClientCertificate | None = None
    metrics_at: str | None = None
    """Address that answers Prometheus."""
    otlp: str | None = field(default=None, repr=False)
    """URL of a collector of traces, or `env`."""
    otlp_content: bool = False
    """Send it what was said too."""
    attach: bool = False
    """Join the calls that are made through a relay."""

    @classmethod
    def of(cls, options: Mapping[str, Any], **more: Any) -> Settings:
        """Return what the values of `options` say, with what else a command knows.

        Raises:
            UsageError: If a value makes no sense.
        """
        plain = ("folder", "upstream", "upstream_ca", "only", "only_model", "sample", "key_env", "via", "metrics_at",
                 "otlp", "otlp_content", "attach")  # fmt: skip
        return cls(
            **{name: options[name] for name in plain},
            tags=dict(map(parse_tag, options["tags"])),
            audio_in=Audio(options["audio_in"]),
            audio_out=Audio(options["audio_out"]),
            rotation=_rotation(options["rotate_size"], options["rotate_every"]),
            certificate=_certificate(options["client_cert"], options["client_key"]),
            **more,
        )

    @property
    def server(self) -> str:
        """URL of the server that a relay is for."""
        return self.upstream or API

    @property
    def records_all(self) -> bool:
        """Whether every connection is recorded."""
        return not self.only and not self.only_model and self.sample >= 1

    def relay(self, *, share_port: bool = False) -> Relay:
        """Return the relay.

        Raises:
            UsageError: If something of it cannot be.
        """
        return Relay(
            self.server, self.folder, **self.shared(), via=self.way(), share_port=share_port, attach=self.attach
        )

    def interceptor(self, mode: str) -> Interceptor:
        """Return the interceptor of a mode.

        Raises:
            UsageError: If something of it cannot be.
        """
        return Interceptor(mode, self.folder, **self.shared(), upstream=self.upstream, through=self.way())

    def shared(self) -> dict[str, Any]:
        """Return the arguments that a relay and an interceptor have in common.

        Raises:
            UsageError: If there is no such key, or a part of the recordings that is none.
        """
        return {
            "host": self.host,
            "port": self.port,
            "upstream_ca": self.upstream_ca,
            "say": diagnostics.say,
            "redactor": self._redactor(),
            "tags": self.tags,
            "policy": Policy(self.only, self.only_model, self.sample, AudioPolicy(self.audio_in, self.audio_out)),
            "key": self._key(),
            "rotation": self.rotation,
            "certificate": self.certificate,
        }

    def traces(self) -> AbstractContextManager[None]:
        """Return what sends the spans of the calls that are recorded meanwhile, if they are wanted.

        Raises:
            UsageError: If they cannot be.
        """
        if self.otlp is None:
            return nullcontext()
        from realtime_inspector.cli import tracing

        return tracing.sent(self.otlp, self.folder, with_content=self.otlp_content)

    def way(self) -> Via | None:
        """Return the proxy by which the server is reached.

        Raises:
            UsageError: If it is none, or the environment names none.
        """
        return chosen(self.via, Upstream.parse(self.server))

    def _key(self) -> UpstreamKey | None:
        if self.key_env is None:
            return None
        return UpstreamKey.from_environment(self.key_env, os.environ, Upstream.parse(self.behind or self.server).host)

    def _redactor(self) -> Redactor:
        """Return one that knows the key, whatever its variable is called."""
        named = {f"{self.key_env}_KEY": os.environ.get(self.key_env, "")} if self.key_env is not None else {}
        return Redactor.from_environment({**named, **os.environ})


def options(upstream: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what gives a command the options that `Settings.of` reads; `upstream` is the help of that one."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed([click.option("--upstream", metavar="URL", help=upstream), *_OPTIONS]):
            function = option(function)
        return function

    return decorate


_OPTIONS: list[Callable[..., Any]] = [
    click.option("--upstream-ca", type=_PEM, help="certificates in PEM of a private server's CA"),
    click.option(
        "--via",
        metavar="URL",
        help="reach the server by this HTTP proxy, http://USER:PASSWORD@HOST:PORT; env: the one in HTTPS_PROXY",
    ),
    click.option("--client-cert", type=_PEM, help="a certificate in PEM, for a server that wants one of its clients"),
    click.option("--client-key", type=_PEM, help="its key, if it stands in another file"),
    folders.option("folder of the recordings"),
    click.option("--tag", "tags", metavar="NAME=VALUE", multiple=True, help="put into every recording's header"),
    click.option("--only", metavar="GLOB", multiple=True, help="record only requests whose path fits: '/v1/realtime*'"),
    click.option("--only-model", metavar="GLOB", multiple=True, help="record only requests whose model fits"),
    click.option("--sample", type=float, default=1.0, metavar="PART", help="record this part of all connections: 0.1"),
    click.option(
        "--audio-in", type=_AUDIO, default="keep", help="the user's audio: record it, its length and hash, or length"
    ),
    click.option("--audio-out", type=_AUDIO, default="keep", help="the same for the assistant's audio"),
    click.option("--attach", is_flag=True, help="join the WebRTC calls that are made through it: their events too"),
    click.option("--key-env", metavar="NAME", help="send the key in this variable upstream, in place of the client's"),
    click.option("--rotate-size", metavar="SIZE", help="keep a recording in parts of at most this size: 100MB"),
    click.option("--rotate-every", metavar="TIME", help="begin another part when one is this old: 1h, 30m"),
    click.option(
        "--metrics",
        "metrics_at",
        metavar="HOST:PORT",
        help="answer Prometheus there, 127.0.0.1:9464 (extra `metrics`)",
    ),
    click.option(
        "--otlp",
        metavar="URL",
        help="send each turn as a trace to this collector (extra `otel`); env: the one in OTEL_EXPORTER_OTLP_ENDPOINT",
    ),
    click.option("--otlp-content", is_flag=True, help="what was said too: transcripts, instructions, tools' arguments"),
]


def _rotation(size: str | None, every: str | None) -> Rotation:
    """Return when a recording goes on in another file.

    Raises:
        UsageError: If one is no size or time, or too small for one.
    """
    max_bytes = size_bytes(size, "--rotate-size", "100MB or 1GB") if size is not None else math.inf
    max_s = duration_s(every, "--rotate-every", "1h or 30m") if every is not None else math.inf
    if max_bytes < _LEAST_BYTES:
        raise UsageError(f"--rotate-size {size} would make a file of every few lines; give at least 10kB")
    if max_s < _LEAST_S:
        raise UsageError(f"--rotate-every {every} would make a file of every few lines; give at least 1s")
    return Rotation(max_bytes, max_s)


def _certificate(path: Path | None, key: Path | None) -> ClientCertificate | None:
    """Return what a server is shown.

    Raises:
        UsageError: If there is a key alone.
    """
    if path is None and key is not None:
        raise UsageError(f"--client-key {key} is of use with --client-cert FILE alone; give that too")
    return ClientCertificate(path, key) if path is not None else None
