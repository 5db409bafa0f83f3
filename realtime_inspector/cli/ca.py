"""`ca`: the certificate authority of the proxy's TLS side."""

from __future__ import annotations

import click

from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.cli import output


@click.command(short_help="show the certificate authority of the proxy's TLS side")
@click.option("--bundle", is_flag=True, help="the system's CAs and this one in one file, for SSL_CERT_FILE")
def command(bundle: bool) -> None:
    r"""Print the path of the local CA's certificate; it is made if there is none yet.

    \b
    NODE_EXTRA_CA_CERTS=$(realtime-inspector ca)          adds it, for Node
    SSL_CERT_FILE=$(realtime-inspector ca --bundle)       replaces the system's, for Python

    It can sign for localhost, 127.0.0.1 and ::1 alone, and is never put into the system's store.
    """
    authority = LocalCA()
    output.write(str(authority.bundle if bundle else authority.certificate))
