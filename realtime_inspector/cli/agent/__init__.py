"""What a coding agent is given: tools over one folder of recordings, with answers that are safe and short.

`folder.py` says which files there are, `answers.py` what of a value may be in an answer and how much, `tools.py` and
`replaying.py` what the tools do, `serving.py` how they are offered over MCP. Only the last knows the SDK.
"""
