"""What `try_formats.py` asks, by kind of format."""
