"""Edge: other people's formats, one module each."""
