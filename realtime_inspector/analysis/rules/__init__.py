"""The rules: one folder a group, one module a rule, each with its page and its tests in the class."""
