"""The pack of the OpenAI Realtime API: its events, their schema, and the state folded from them."""
