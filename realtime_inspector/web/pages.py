"""What is answered besides the view itself: the headers of everything, and the page that refuses."""

from __future__ import annotations

from html import escape
from string import Template

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Server": "realtime-inspector",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Sent with every answer."""


def policy(host: str = "") -> str:
    """Return the content policy: everything from this server alone, and in no frame.

    Not every browser takes `'self'` for a WebSocket, so a `host` is named as well.

    The terminal in the page makes its own style sheets; nothing else in it is written into the page.
    """
    own = f" ws://{host} wss://{host}" if host else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        f"font-src 'self'; connect-src 'self'{own}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


_REFUSED = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="dark light">
<title>realtime-inspector: $title</title>
<link rel="icon" href="data:,">
<style>
body { font: 16px/1.6 system-ui, sans-serif; max-width: 42em; margin: 18vh auto; padding: 0 1.5em; }
code { font-family: ui-monospace, monospace; }
</style>
</head>
<body>
<main>
<h1>$title</h1>
<p>$advice</p>
</main>
</body>
</html>
""")


def refusal(title: str, advice: str) -> str:
    """Return a page that says why there is nothing to see, and what to do; backticks make code, as in a document."""
    parts = escape(advice).split("`")
    told = "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))
    return _REFUSED.substitute(title=escape(title), advice=told)
