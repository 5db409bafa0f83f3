"""Other people's formats, one module each, and the one door through which all that can be read is opened."""

from realtime_inspector.formats.reading import Readable, read_any, read_each, sessions_of

__all__ = ["Readable", "read_any", "read_each", "sessions_of"]
