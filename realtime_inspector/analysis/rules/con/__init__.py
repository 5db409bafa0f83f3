"""The connection: handshake, limits of a session, how it ended."""
