"""Edge: one module per command; output.py owns stdout, diagnostics.py owns stderr and exit codes."""
