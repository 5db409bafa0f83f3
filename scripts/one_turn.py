"""One written turn by `openai` for Python, as any agent would: what the workflow records, and then tests.

    realtime-inspector run -- python scripts/one_turn.py
    realtime-inspector exec --recording recordings -- python scripts/one_turn.py

Reads OPENAI_BASE_URL and OPENAI_API_KEY, and prints what the assistant says.
"""

from __future__ import annotations

import sys

from openai import OpenAI


def main() -> int:
    """Say hello, and wait for the answer."""
    with OpenAI().realtime.connect(model="gpt-realtime") as connection:
        connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello!"}]}
        )
        connection.response.create()
        for event in connection:
            if event.type == "response.output_text.done":
                print(event.text)
            if event.type == "error":
                print(event.error.message, file=sys.stderr)
                return 1
            if event.type == "response.done":
                return 0
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
