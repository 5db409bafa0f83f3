"""`ca`: the certificate authority of the proxy's TLS side."""

from __future__ import annotations

import click

from realtime_inspector.capture.tls import LocalCA
from realtime_inspector.cli import output

_HELP = """Print the path of the local CA's certificate; it is made if there is none yet.

\b
  NODE_EXTRA_CA_CERTS="$(realtime-inspector ca)" node agent.mjs
  SSL_CERT_FILE="$(realtime-inspector ca --bundle)" python agent.py

The first variable adds a CA, the second replaces the system's: hence the
bundle. The CA can sign for localhost, 127.0.0.1 and ::1 alone, and is never
put into the system's store.
"""


@click.command("ca", help=_HELP)
@click.option("--bundle", is_flag=True, help="the system's CAs and this one in one file, for SSL_CERT_FILE")
def command(bundle: bool) -> None:
    """Print where the CA is."""
    authority = LocalCA()
    output.write(str(authority.bundle if bundle else authority.certificate))
