"""Sessions of the Live API, which is another protocol."""
