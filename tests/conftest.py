"""What every test relies on, however the suite was started."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what it runs in the background so, and the programs that the tests start and stop would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
