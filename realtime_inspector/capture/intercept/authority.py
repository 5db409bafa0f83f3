"""The CA that intercepted programs have to trust: mitmproxy's own, kept in this tool's data folder.

Unlike the relay's local CA it can sign for every name. Whoever trusts it trusts whoever can read its key, so it is
given to a program, not to a system.
"""

from __future__ import annotations

from pathlib import Path

from realtime_inspector.capture.tls import DATA_DIR_VARIABLE, data_dir, lock, system_certificates, write_whole
from realtime_inspector.errors import InspectorError, UsageError, words_of

_KEY_BITS = 2048
_NAME = "mitmproxy"


class InterceptionCA:
    """The CA of a folder, made when it is first asked for."""

    def __init__(self, folder: Path | None = None) -> None:
        """Use a folder; by default that of the user's data, or of `REALTIME_INSPECTOR_DATA_DIR`."""
        self.folder = (folder if folder is not None else data_dir()) / _NAME

    @property
    def certificate(self) -> Path:
        """The CA's certificate: made if need be.

        Raises:
            InspectorError: If the folder cannot be written.
        """
        from mitmproxy.certs import CertStore

        path = self.folder / f"{_NAME}-ca-cert.pem"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with lock(self.folder / "lock"):
                if not path.exists():
                    CertStore.create_store(self.folder, _NAME, _KEY_BITS, "realtime-inspector", "interception CA")
        except OSError as error:
            raise InspectorError(
                f"{self.folder}: the interception CA cannot be kept there: {words_of(error)}; "
                f"set {DATA_DIR_VARIABLE} to a folder that can be written"
            ) from error
        return path

    @property
    def bundle(self) -> Path:
        """The system's CAs and this one in one file, for SSL_CERT_FILE, which replaces the system's."""
        own = self.certificate.read_text(encoding="utf-8")
        path = self.folder / "bundle.pem"
        write_whole(path, _joined(*system_certificates(), own).encode(), 0o600)
        return path

    def trusted(self, upstream_ca: Path | None) -> Path:
        """Return a file of what servers may be signed by: the system's CAs, and a private one.

        Raises:
            UsageError: If the private CA cannot be read.
        """
        try:
            private = upstream_ca.read_text(encoding="utf-8", errors="replace") if upstream_ca is not None else ""
        except OSError as error:
            raise UsageError(f"--upstream-ca {upstream_ca}: {words_of(error)}") from error
        if upstream_ca is not None and "BEGIN CERTIFICATE" not in private:
            raise UsageError(f"--upstream-ca {upstream_ca}: no certificates in PEM there")
        return _kept(self.folder, _joined(*system_certificates(), private))


def _joined(*parts: str) -> str:
    return "\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _kept(folder: Path, text: str) -> Path:
    """Return a file of that text; interceptors that trust different CAs use different files."""
    from hashlib import sha256

    path = folder / f"trusted-{sha256(text.encode()).hexdigest()[:16]}.pem"
    if not path.exists():
        write_whole(path, text.encode(), 0o600)
    return path
