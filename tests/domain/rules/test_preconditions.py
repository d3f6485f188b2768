"""Tests of the gates that the server checks before a session is opened."""

import pytest

from domain.events.capture_session import CaptureBlocked, PreconditionsChecked
from domain.rules.preconditions import check_preconditions
from domain.values.capture import (
    IMPORT_GATES,
    SERVER_GATES,
    Gate,
    GateResult,
    ReadAt,
    Stage,
    failed,
)
from domain.values.consent import Coverage
from domain.values.gates import Operator
from domain.values.identifiers import ConsentId
from domain.values.protocol import ProtocolContent
from tests.builders import (
    SUBJECT,
    a_coverage,
    a_protocol_content,
    gates,
)

BASED_ON = (ReadAt(stream=ConsentId.derived(SUBJECT).stream, version=3),)
OF_STATION = (Gate.DEVICE_IDENTITY, Gate.CALIBRATION, Gate.VERSIONS)
FIT = gates(OF_STATION)


def checked(
    *,
    consent: Coverage | None = None,
    operator: Operator | None = None,
    fitness: tuple[GateResult, ...] | None = FIT,
    protocol: ProtocolContent | None = a_protocol_content(),  # noqa: B008 - a frozen value
) -> PreconditionsChecked | CaptureBlocked:
    return check_preconditions(
        consent=consent or a_coverage(),
        operator=operator or Operator(signed_in=True, may_operate=True),
        fitness=fitness,
        protocol=protocol,
        based_on=BASED_ON,
    )


def the_only_failure(found: PreconditionsChecked | CaptureBlocked) -> tuple[Gate, str]:
    assert isinstance(found, CaptureBlocked)
    assert found.stage is Stage.OPENING
    (failure,) = failed(found.gates)
    assert failure.next_step
    return failure.gate, failure.evidence


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
@pytest.mark.verifies("REQ-IN-081")
@pytest.mark.parametrize("failing", OF_STATION)
def test_a_station_that_is_not_fit_blocks(failing: Gate) -> None:
    assert the_only_failure(checked(fitness=gates(OF_STATION, failing=failing)))[0] is failing


@pytest.mark.parametrize("gate", OF_STATION)
def test_a_gate_nobody_reported_on_blocks(gate: Gate) -> None:
    silent = gates(tuple(each for each in OF_STATION if each is not gate))
    found, evidence = the_only_failure(checked(fitness=silent))
    assert found is gate
    assert "nothing was reported" in evidence


def test_without_an_approved_protocol_nothing_of_the_station_can_be_checked() -> None:
    without = checked(protocol=None, fitness=())
    assert {each.gate for each in failed(without.gates)} == {*OF_STATION, Gate.PROTOCOL}


@pytest.mark.verifies("REQ-IN-122")
def test_for_imported_photographs_no_gate_of_a_station_is_reported_let_alone_as_passed() -> None:
    found = checked(fitness=None)
    assert isinstance(found, PreconditionsChecked)
    assert tuple(each.gate for each in found.gates) == IMPORT_GATES
    assert the_only_failure(checked(fitness=None, protocol=None))[0] is Gate.PROTOCOL
