"""Stage 1: what crossed the wire, when, and from whom. Knows WebSocket, not OpenAI."""
