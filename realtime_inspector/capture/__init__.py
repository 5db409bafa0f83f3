"""Edge: the proxy. Bytes in, messages out, recordings on disk. Knows nothing of the protocol."""
