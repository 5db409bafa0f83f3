"""What spans and their attributes are called, in one place, for the conventions are still moving.

GenAI: OpenTelemetry's repository `semantic-conventions-genai`. Spans of a realtime session (`realtime_inference`,
`user_speech`, tokens by modality) as in `docs/gen-ai/gen-ai-realtime-spans.md` at commit
19df343f3e7597308bea885bf1bc79b225f84638, status Development; agents and tools as in its release 0.1.0 (both read
2026-11-23). A turn is an agent's invocation there.

OpenInference, which Arize Phoenix reads: package `openinference-semantic-conventions` 0.1.42 (read 2026-11-23).

What neither has a name for begins with `realtime_inspector.`; times there are milliseconds, by their names.
"""

from __future__ import annotations

OPERATION = "gen_ai.operation.name"
INVOKE_AGENT = "invoke_agent"
USER_SPEECH = "user_speech"
REALTIME_INFERENCE = "realtime_inference"
EXECUTE_TOOL = "execute_tool"
PROVIDER = "gen_ai.provider.name"
CONVERSATION = "gen_ai.conversation.id"
REALTIME_SESSION = "gen_ai.realtime_session.id"
REQUEST_MODEL = "gen_ai.request.model"
MAX_TOKENS = "gen_ai.request.max_tokens"
REASONING_LEVEL = "gen_ai.request.reasoning.level"
OUTPUT_TYPE = "gen_ai.output.type"
RESPONSE_ID = "gen_ai.response.id"
RESPONSE_MODEL = "gen_ai.response.model"
FINISH_REASONS = "gen_ai.response.finish_reasons"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
CACHED_TOKENS = "gen_ai.usage.cache_read.input_tokens"
INPUT_TOKENS_OF = "gen_ai.usage.{}.input_tokens"
"""With a modality: `text`, `audio`, `image`."""
OUTPUT_TOKENS_OF = "gen_ai.usage.{}.output_tokens"
CACHED_TOKENS_OF = "gen_ai.usage.{}.cache_read.input_tokens"
TOOL_NAME = "gen_ai.tool.name"
TOOL_TYPE = "gen_ai.tool.type"
CALL_ID = "gen_ai.tool.call.id"
ERROR_TYPE = "error.type"
SERVER_ADDRESS = "server.address"
SERVER_PORT = "server.port"
STATUS_CODE = "http.response.status_code"
SESSION = "session.id"

INPUT_MESSAGES = "gen_ai.input.messages"
"""This and those below hold what was said: only on request."""
OUTPUT_MESSAGES = "gen_ai.output.messages"
INSTRUCTIONS = "gen_ai.system_instructions"
CALL_ARGUMENTS = "gen_ai.tool.call.arguments"
CALL_RESULT = "gen_ai.tool.call.result"

KIND = "openinference.span.kind"
LLM_MODEL = "llm.model_name"
LLM_PROVIDER = "llm.provider"
LLM_SYSTEM = "llm.system"
LLM_FINISH = "llm.finish_reason"
LLM_INPUT = "llm.token_count.prompt"
LLM_OUTPUT = "llm.token_count.completion"
LLM_TOTAL = "llm.token_count.total"
LLM_INPUT_AUDIO = "llm.token_count.prompt_details.audio"
LLM_CACHED = "llm.token_count.prompt_details.cache_read"
LLM_OUTPUT_AUDIO = "llm.token_count.completion_details.audio"
INFERENCE_TOOL = "tool.name"
TOOL_ID = "tool.id"
METADATA = "metadata"
TAGS = "tag.tags"

INPUT = "input.value"
"""This and those below hold what was said: only on request."""
INPUT_MIME = "input.mime_type"
OUTPUT = "output.value"
OUTPUT_MIME = "output.mime_type"
LLM_INPUT_MESSAGE = "llm.input_messages.{}.message."
LLM_OUTPUT_MESSAGE = "llm.output_messages.{}.message."
MESSAGE_TOOL_CALL = "tool_calls.{}.tool_call."

OUR = "realtime_inspector."
RECORDING = OUR + "recording.id"
AFTER = OUR + "recording.after"
TAG = OUR + "tag."
TURN = OUR + "turn"
ENTRY = OUR + "entry"
FINDINGS = OUR + "findings."
FINDING = OUR + "finding."
COST = OUR + "cost_usd"
