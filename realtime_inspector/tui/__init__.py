"""Edge: the terminal interface. What a screen shows is made by pure functions; widgets place it."""
