"""The local CA, and the certificate for localhost that TLS clients of the relay are shown.

The CA is made once for a user and kept where only they can read it. Its name constraints allow localhost, 127.0.0.1 and
::1 alone: whoever trusts it, trusts it for nothing else. It is never put into a system's store.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from realtime_inspector.errors import InspectorError, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

DATA_DIR_VARIABLE = "REALTIME_INSPECTOR_DATA_DIR"
CA_LIFE = timedelta(days=3650)
LEAF_LIFE = timedelta(days=365)
RENEW_BEFORE = timedelta(days=30)
"""So long before its end a certificate is made anew."""

_NAME = "realtime-inspector local CA"
_OURS = ("localhost", "127.0.0.1", "::1")
_MOST_OF_A_NAME = 64
"""Characters that a certificate's common name may have."""


class LocalCA:
    """The CA of a folder, made when it is first asked for."""

    def __init__(self, folder: Path | None = None) -> None:
        """Use a folder; by default that of the user's data, or of `REALTIME_INSPECTOR_DATA_DIR`."""
        self.folder = (folder if folder is not None else data_dir()) / "ca"

    @property
    def certificate(self) -> Path:
        """The CA's certificate, for NODE_EXTRA_CA_CERTS and the like: made if need be.

        Raises:
            InspectorError: If the folder cannot be written.
        """
        self._ensure()
        return self.folder / "ca.pem"

    @property
    def bundle(self) -> Path:
        """The system's CAs and ours in one file, for SSL_CERT_FILE, which replaces the system's."""
        own = self.certificate.read_text(encoding="utf-8")
        path = self.folder / "bundle.pem"
        text = "\n".join(part.strip() for part in (*system_certificates(), own)) + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_whole(path, text.encode(), 0o644)
        return path

    def server_context(self) -> ssl.SSLContext:
        """Return the TLS settings of a server on localhost.

        No session tickets: they come after the handshake, and a client that reads in one thread and writes in another,
        as the synchronous `websockets` client does, may lose its first request to them (one in a hundred on Python
        3.13.0, where OpenSSL's objects have no lock).
        """
        self._ensure()
        return _server_context(self.folder / "localhost.pem")

    def _ensure(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with lock(self.folder / "lock"):
                if not self._is_good():
                    self._make()
        except OSError as error:
            raise InspectorError(
                f"{self.folder}: the local CA cannot be kept there: {words_of(error)}; "
                f"set {DATA_DIR_VARIABLE} to a folder that can be written"
            ) from error

    def _is_good(self) -> bool:
        from cryptography import x509

        try:
            authority = x509.load_pem_x509_certificate((self.folder / "ca.pem").read_bytes())
            leaf = x509.load_pem_x509_certificate((self.folder / "localhost.pem").read_bytes())
            leaf.verify_directly_issued_by(authority)
        except (OSError, ValueError, TypeError) as _:
            return False
        except Exception as error:
            from cryptography.exceptions import InvalidSignature

            if isinstance(error, InvalidSignature):
                return False
            raise
        return all(_holds(certificate, RENEW_BEFORE) for certificate in (authority, leaf))

    def _make(self) -> None:
        """Make a new leaf, and a new CA if the old one is no good."""
        authority, key = self._authority()
        leaf, leaf_key = _make_leaf(authority, key, _OURS)
        write_whole(self.folder / "localhost.pem", _pem_key(leaf_key) + _pem(leaf) + _pem(authority), 0o600)

    def _authority(self) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            certificate = x509.load_pem_x509_certificate((self.folder / "ca.pem").read_bytes())
            key = load_pem_private_key((self.folder / "ca-key.pem").read_bytes(), None)
            fits = isinstance(key, EllipticCurvePrivateKey) and key.public_key() == certificate.public_key()
            if fits and _holds(certificate, LEAF_LIFE):
                assert isinstance(key, EllipticCurvePrivateKey)  # noqa: S101 - `fits` says so
                return certificate, key
        except (OSError, ValueError, TypeError):
            pass
        certificate, key = _make_authority(_OURS)
        write_whole(self.folder / "ca-key.pem", _pem_key(key), 0o600)
        write_whole(self.folder / "ca.pem", _pem(certificate), 0o644)
        return certificate, key


def _holds(certificate: x509.Certificate, longer: timedelta) -> bool:
    """Tell whether a certificate is valid now and for so much longer; one made by a clock that was ahead is not yet."""
    now = datetime.now(UTC)
    return certificate.not_valid_before_utc <= now and certificate.not_valid_after_utc > now + longer


def data_dir() -> Path:
    """Return where this tool keeps what outlives a call."""
    chosen = os.environ.get(DATA_DIR_VARIABLE)
    if chosen:
        return Path(chosen)
    from platformdirs import user_data_path

    return user_data_path("realtime-inspector", appauthor=False)


def server_context() -> ssl.SSLContext:
    """Return the TLS settings of a server on localhost, with the certificate of the user's local CA."""
    return LocalCA().server_context()


def passing(folder: Path, hosts: Sequence[str]) -> tuple[Path, ssl.SSLContext]:
    """Make a CA for these hosts and nothing else, and the TLS settings of a server that stands for them.

    Its key is never written: it ends with this call. The server's is in the folder, which is the caller's to remove.

    Returns:
        The CA's certificate as a file, and the settings.
    """
    authority, key = _make_authority(hosts)
    leaf, leaf_key = _make_leaf(authority, key, hosts)
    chain, certificate = folder / "passing.pem", folder / "passing-ca.pem"
    write_whole(chain, _pem_key(leaf_key) + _pem(leaf) + _pem(authority), 0o600)
    write_whole(certificate, _pem(authority), 0o600)
    return certificate, _server_context(chain)


def _server_context(chain: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.num_tickets = 0
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(chain)
    return context


def _make_authority(hosts: Sequence[str]) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _dated(x509.CertificateBuilder().subject_name(name).issuer_name(name), CA_LIFE)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints([_permitted(host) for host in hosts], None), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate, key


def _make_leaf(
    authority: x509.Certificate, authority_key: EllipticCurvePrivateKey, hosts: Sequence[str]
) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:_MOST_OF_A_NAME])])
    issuer = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    names = x509.SubjectAlternativeName([_named(host) for host in hosts])
    certificate = (
        _dated(x509.CertificateBuilder().subject_name(name).issuer_name(authority.subject), LEAF_LIFE)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(names, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return certificate, key


def _dated(builder: x509.CertificateBuilder, life: timedelta) -> x509.CertificateBuilder:
    from cryptography import x509

    now = datetime.now(UTC)
    return (
        builder.serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + life)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _named(host: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _permitted(host: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_network(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _pem_key(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def system_certificates() -> Iterator[str]:
    """Yield the certificates that this system trusts, as PEM."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile and Path(paths.cafile).is_file():
        yield Path(paths.cafile).read_text(encoding="utf-8", errors="replace")
        return
    for certificate in ssl.create_default_context().get_ca_certs(binary_form=True):
        yield ssl.DER_cert_to_PEM_cert(certificate)


def write_whole(path: Path, data: bytes, mode: int) -> None:
    """Write a file in one step: whoever reads it sees the old one or the new one."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def lock(path: Path) -> AbstractContextManager[None]:
    """Hold a lock among the processes that use the folder."""
    from contextlib import contextmanager

    @contextmanager
    def held() -> Iterator[None]:
        with path.open("a") as stream:
            try:
                import fcntl
            except ImportError:  # no such lock on Windows; the renames keep every single file whole
                yield
                return
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    return held()
