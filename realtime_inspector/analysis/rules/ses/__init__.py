"""The session's configuration: what was asked, what the server made of it."""
