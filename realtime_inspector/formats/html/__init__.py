"""The report: one page that needs nothing else, for a bug report or as the artifact of a CI run."""
