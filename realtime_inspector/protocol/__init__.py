"""Stage 2: what an entry means. Facts about the API, no opinion about its use."""
