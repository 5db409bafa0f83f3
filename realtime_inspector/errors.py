"""The exceptions a caller must tell apart, each with the exit code of the command that meets it.

    InspectorError                  125   our own failure
    ├── UsageError                    2   a wrong option, path or configuration
    ├── UpstreamError                 3   the server or the network
    └── RecordingError                4   a recording that cannot be read
        ├── NotAnEntry                    one line of it is not an entry
        └── UnknownVersion                written by a newer release

What a peer sends is never an exception: it becomes an entry. Messages are one line, lower case, without a full stop:
what is wrong with the value, where, what to do.
"""

from __future__ import annotations


class InspectorError(Exception):
    """Something this tool tells its user in one line instead of a traceback."""

    exit_code = 125


class UsageError(InspectorError):
    """The command line, the configuration or a path given by the user is wrong."""

    exit_code = 2


class UpstreamError(InspectorError):
    """The server could not be reached, or the network failed."""

    exit_code = 3


class RecordingError(InspectorError):
    """A recording, or something taken for one, cannot be read."""

    exit_code = 4


class NotAnEntry(RecordingError):  # noqa: N818 - the name says what the line is
    """One line of a recording is not an entry."""


class UnknownVersion(RecordingError):  # noqa: N818 - the name says what was met
    """A recording was written by a newer release of the format."""


def words_of(error: BaseException) -> str:
    """Return what an error says, such as the system's words, to stand inside a line; its name if it says nothing."""
    words = getattr(error, "strerror", None) or str(error)
    return words[:1].lower() + words[1:] or type(error).__name__


class TextError(ValueError):
    """A text of the user is not what it should be: what is wrong, and where."""

    def __init__(self, problem: str, text: str, position: int) -> None:
        super().__init__(f"{problem} (at {position + 1} in {text!r})")
        self.problem = problem
        self.text = text
        self.position = position
        """Counted from 0; the text's length if it ends too early."""
