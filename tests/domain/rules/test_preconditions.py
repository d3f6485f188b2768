"""Tests of the gates that the server checks before a session is opened."""

from dataclasses import replace

import pytest

from domain.events.capture_session import CaptureBlocked, PreconditionsChecked
from domain.rules.preconditions import Operator, StationFound, check_preconditions
from domain.values.capture import SERVER_GATES, DeviceConfiguration, Gate, ReadAt, Stage, failed
from domain.values.consent import Coverage
from domain.values.identifiers import ConsentId
from domain.values.protocol import ProtocolContent
from tests.builders import (
    MODEL_LIST,
    SUBJECT,
    a_configuration,
    a_coverage,
    a_protocol_content,
    gates,
)

BASED_ON = (ReadAt(stream=ConsentId.derived(SUBJECT).stream, version=3),)
FIT = gates((Gate.DEVICE_IDENTITY, Gate.CALIBRATION))
STATION = StationFound(fitness=FIT, configuration=a_configuration())


def checked(
    *,
    consent: Coverage | None = None,
    operator: Operator | None = None,
    station: StationFound | None = STATION,
    protocol: ProtocolContent | None = a_protocol_content(),  # noqa: B008 - a frozen value
) -> PreconditionsChecked | CaptureBlocked:
    return check_preconditions(
        consent=consent or a_coverage(),
        operator=operator or Operator(signed_in=True, may_operate=True),
        station=station,
        protocol=protocol,
        model_list=MODEL_LIST,
        based_on=BASED_ON,
    )


def the_only_failure(found: PreconditionsChecked | CaptureBlocked) -> tuple[Gate, str]:
    assert isinstance(found, CaptureBlocked)
    assert found.stage is Stage.OPENING
    (failure,) = failed(found.gates)
    assert failure.next_step
    return failure.gate, failure.evidence


def a_station(configuration: DeviceConfiguration) -> StationFound:
    return StationFound(fitness=FIT, configuration=configuration)


@pytest.mark.verifies("REQ-IN-077")
@pytest.mark.verifies("REQ-IN-078")
@pytest.mark.verifies("REQ-IN-079")
@pytest.mark.verifies("REQ-IN-080")
@pytest.mark.verifies("REQ-IN-081")
def test_when_every_gate_passes_all_are_recorded_with_what_was_read() -> None:
    found = checked()
    assert isinstance(found, PreconditionsChecked)
    assert {each.gate for each in found.gates} == set(SERVER_GATES)
    assert all(each.passed and each.evidence for each in found.gates)
    assert found.based_on == BASED_ON


@pytest.mark.verifies("REQ-IN-077")
@pytest.mark.verifies("DRV-07")
def test_without_consent_the_capture_is_blocked() -> None:
    gate, evidence = the_only_failure(checked(consent=a_coverage(covered=False)))
    assert gate is Gate.CONSENT
    assert "withdrew" in evidence


@pytest.mark.verifies("REQ-IN-078")
@pytest.mark.verifies("REQ-IN-194")
@pytest.mark.parametrize(
    ("operator", "evidence"),
    [
        (Operator(signed_in=False, may_operate=True), "not signed in"),
        (Operator(signed_in=True, may_operate=False), "role"),
    ],
)
def test_without_an_operator_who_may_capture_it_is_blocked(
    operator: Operator, evidence: str
) -> None:
    gate, found = the_only_failure(checked(operator=operator))
    assert gate is Gate.OPERATOR
    assert evidence in found


@pytest.mark.verifies("REQ-IN-079")
@pytest.mark.verifies("REQ-IN-080")
@pytest.mark.parametrize("failing", [Gate.DEVICE_IDENTITY, Gate.CALIBRATION])
def test_a_station_that_is_not_fit_blocks(failing: Gate) -> None:
    station = replace(
        STATION, fitness=gates((Gate.DEVICE_IDENTITY, Gate.CALIBRATION), failing=failing)
    )
    assert the_only_failure(checked(station=station))[0] is failing


@pytest.mark.verifies("REQ-IN-081")
@pytest.mark.parametrize(
    ("configuration", "evidence"),
    [
        (replace(a_configuration(), firmware="9.9"), "firmware 9.9"),
        (replace(a_configuration(), software="9.9"), "station software 9.9"),
    ],
)
def test_versions_that_are_not_approved_block(
    configuration: DeviceConfiguration, evidence: str
) -> None:
    gate, found = the_only_failure(checked(station=a_station(configuration)))
    assert gate is Gate.VERSIONS
    assert evidence in found


def test_a_gate_nobody_reported_on_blocks() -> None:
    station = StationFound(fitness=gates((Gate.DEVICE_IDENTITY,)), configuration=a_configuration())
    gate, evidence = the_only_failure(checked(station=station))
    assert gate is Gate.CALIBRATION
    assert "nothing was reported" in evidence


def test_versions_of_a_station_without_configuration_or_protocol_cannot_be_approved() -> None:
    found = checked(station=StationFound(fitness=FIT, configuration=None))
    assert the_only_failure(found)[0] is Gate.VERSIONS
    without = checked(protocol=None)
    assert {each.gate for each in failed(without.gates)} == {Gate.VERSIONS, Gate.PROTOCOL}


def test_for_imported_photographs_no_station_is_asked() -> None:
    found = checked(station=None)
    assert isinstance(found, PreconditionsChecked)
    evidence = {each.gate: each.evidence for each in found.gates}
    assert "uncalibrated" in evidence[Gate.CALIBRATION]
