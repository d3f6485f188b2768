"""Payloads are the canonical JSON of their events, however quickly they are written."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from adapters.eventlog.payload import read_payload, write_payload
from domain.errors import MalformedInput
from domain.events.codec import encode
from domain.events.equipment import DeviceClockDriftDetected
from domain.events.names import EVENTS, NAME_OF, Event
from domain.ledger import canonical
from tests import strategies
from tests.event_builders import a_session_opened, an_inference_completed
from tests.example_events import example, vector_path


@pytest.mark.verifies("DRV-08")
@pytest.mark.parametrize(("name", "version"), EVENTS)
def test_every_stored_example_is_written_and_read_byte_for_byte(name: str, version: int) -> None:
    stored = vector_path(name, version).read_bytes().removesuffix(b"\n")
    event = read_payload(name, version, stored)
    if NAME_OF[type(event)] == (name, version):
        assert write_payload(event) == (name, version, stored)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(event=strategies.events())
def test_every_event_is_written_as_its_canonical_json(event: Event) -> None:
    name, version, plain = encode(event)
    assert write_payload(event) == (name, version, canonical.encode(plain))
    assert read_payload(*write_payload(event)) == event


def drifted(offset_ms: Any) -> Event:  # noqa: ANN401 - what it should not be, too
    """Return an event that holds a number."""
    event = example("DeviceClockDriftDetected", 1)
    assert isinstance(event, DeviceClockDriftDetected)
    return replace(event, offset_ms=offset_ms)


@pytest.mark.parametrize("number", [1e-7, 1e-6, 1.5e300, 1e21, 1e20, -0.0, 5e-324, 0.1, 100.0, 7])
def test_every_number_has_its_one_form(number: float) -> None:
    event = drifted(number)
    assert write_payload(event)[2] == canonical.encode(encode(event)[2])


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1 << 53])
def test_numbers_without_a_form_are_refused(number: float) -> None:
    with pytest.raises(MalformedInput):
        write_payload(drifted(number))


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(MalformedInput, match="surrogate"):
        write_payload(replace(a_session_opened(), time_zone="\ud800"))


@pytest.mark.parametrize("value", [None, 5, 1.5, True, ("a", "b"), b"bytes", object()])
@pytest.mark.parametrize("field", ["subject", "device", "purpose", "time_zone", "prompts"])
def test_a_value_of_another_type_is_written_or_refused_as_ever(field: str, value: Any) -> None:  # noqa: ANN401
    changes = {field: value}
    _as_ever(replace(a_session_opened(), **changes))


@pytest.mark.parametrize("value", [None, 5, True, "text", ["a"], ("a", 1), (None,)])
def test_several_values_of_another_type_are_written_or_refused_as_ever(value: Any) -> None:  # noqa: ANN401
    event = an_inference_completed()
    _as_ever(replace(event, run=replace(event.run, settings=value, threads=value)))
    _as_ever(replace(event, findings=value))


def _as_ever(odd: Event) -> None:
    """Compare with the general way, which goes by what a value is and not by its hint."""
    try:
        expected = canonical.encode(encode(odd)[2])
    except (TypeError, MalformedInput) as error:
        with pytest.raises(type(error)):
            write_payload(odd)
    else:
        assert write_payload(odd)[2] == expected
