"""What is run beside the relay: an addon, relays as one would write them, and a disk that stands still."""
