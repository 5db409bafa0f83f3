"""Edge: the screens in a browser. Who may look is decided here; what is shown is the terminal interface's own."""
