"""The names of events agree with the reference they come from."""

from __future__ import annotations

from realtime_inspector.protocol.realtime import catalogue, schema


def test_the_client_events_are_those_of_the_reference() -> None:
    assert schema.event_types("client") == catalogue.GA_CLIENT_TYPES
    assert len(catalogue.GA_CLIENT_TYPES) == 11


def test_the_server_events_are_those_of_the_reference() -> None:
    assert schema.event_types("server") == catalogue.GA_SERVER_TYPES
    assert len(catalogue.GA_SERVER_TYPES) == 46


def test_a_beta_name_has_a_name_of_today() -> None:
    assert set(catalogue.BETA_TO_GA.values()) <= catalogue.GA_SERVER_TYPES | catalogue.GA_CLIENT_TYPES
    assert catalogue.ga_name("response.audio.delta") == "response.output_audio.delta"


def test_any_other_name_is_its_own() -> None:
    assert catalogue.ga_name("response.created") == "response.created"
    assert catalogue.ga_name("session.nap") == "session.nap"
