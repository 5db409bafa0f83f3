"""Edge with a pure heart: the recording as a server, or as a client."""
