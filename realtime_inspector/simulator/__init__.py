"""Edge: a protocol-true Realtime server without a model; the upstream of the demo and of the tests."""
