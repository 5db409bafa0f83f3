"""Names are those of the conventions, as far as a package has them."""

from __future__ import annotations

import pytest

from realtime_inspector.traces import names

NEWER = {
    names.REALTIME_SESSION, names.REASONING_LEVEL, names.INPUT_TOKENS_OF, names.OUTPUT_TOKENS_OF,
    names.CACHED_TOKENS_OF,
}  # fmt: skip
"""In the convention's own repository, and not yet in OpenTelemetry's package."""


def test_every_name_of_genai_is_one_of_the_convention() -> None:
    genai = pytest.importorskip("opentelemetry.semconv._incubating.attributes.gen_ai_attributes")
    if not hasattr(genai, "GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS"):
        pytest.skip("the package is older than the convention")
    known = {value for value in vars(genai).values() if isinstance(value, str)}
    ours = {value for value in vars(names).values() if isinstance(value, str) and value.startswith("gen_ai.")}
    assert ours - NEWER <= known
    assert NEWER & known == set(), "the package has it now: no longer newer"
    assert {names.INVOKE_AGENT, names.EXECUTE_TOOL} <= {each.value for each in genai.GenAiOperationNameValues}


def test_the_commit_of_the_convention_is_named() -> None:
    assert "19df343f3e7597308bea885bf1bc79b225f84638" in (names.__doc__ or "")
