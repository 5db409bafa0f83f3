"""Turns as spans: what a tracing backend shows of a call. Only `otlp.py` needs OpenTelemetry, the extra `otel`."""
