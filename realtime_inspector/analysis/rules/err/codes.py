"""The codes of `error` events that need their own words.

Source: Realtime API reference and clients' reports (read 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Mapping

BENIGN: Mapping[str, str] = {
    "response_cancel_not_active": "there was nothing to cancel: the response had ended before; nothing is broken",
    "conversation_already_has_active_response": "the response asked for was not made: wait for response.done, then ask",
    "input_audio_buffer_commit_empty": "there was nothing to commit, usually because voice detection was faster",
    "item_truncate_invalid_item_id": "the item to truncate is gone or was never there; playback has stopped anyway",
}
"""Code → what it means. Clients send what these answer in the ordinary course of a conversation."""

FATAL: Mapping[str, str] = {
    "insufficient_quota": "the account has no credit left",
    "billing_hard_limit_reached": "the account's spending limit is reached",
    "account_deactivated": "the account is closed",
}
"""Code → what it means. No retry helps."""

NO_CREDIT = "no retry helps: look at the account's credit and spending limit (Settings, Billing)"
"""What to do after one of these."""

NEXT: Mapping[str, str] = {
    "missing_required_parameter": "add what is missing",
    "unknown_parameter": "take that parameter out: because of it the whole event was refused",
    "invalid_value": "use one of the values the API takes",
    "invalid_type": "give it the type the API takes",
    "invalid_tool_call_id": "use the call_id that came with the function call",
    "session_expired": "open a new session before the limit",
    "cannot_update_voice": "choose the voice before the assistant's first audio",
    "server_error": "the fault is the server's: try again after a moment",
    "rate_limit_exceeded": "slow down; see rate_limits.updated",
    "model_not_found": "ask for a model that the key's project has access to",
}
"""Code → what to do about it."""

REPLAY = "replay_mismatch"
"""What `mock` and `exec` of this tool answer to what their recording does not have."""
