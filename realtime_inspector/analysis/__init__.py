"""Stage 3: what is wrong, how long it took, how much it was. Pure functions over events."""
