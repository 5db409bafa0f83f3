"""Which versions of the recording format this release reads.

Version 1 is the only one so far. When there is a second, a step from each version to the next belongs here: it takes a
line's members as its version wrote them and returns them as the next one would have.
"""

from __future__ import annotations

from realtime_inspector.errors import NotAnEntry, UnknownVersion
from realtime_inspector.recording.entry import FORMAT_VERSION, Header

OLDEST = 1
"""The oldest version there was."""


def check(header: Header) -> None:
    """Make sure that this release can read the recording.

    Raises:
        NotAnEntry: If there was never such a version.
        UnknownVersion: If a newer release wrote it.
    """
    if header.version < OLDEST:
        raise NotAnEntry(f"not a recording's header: there is no recording format {header.version}")
    if header.version > FORMAT_VERSION:
        raise UnknownVersion(
            f"recording format {header.version} is newer than {FORMAT_VERSION}, the newest this release reads; "
            "upgrade realtime-inspector"
        )
