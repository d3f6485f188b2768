"""Tests of what is recorded of captures that were refused, failed or were given up."""

from dataclasses import replace
from functools import partial

import pytest

from domain.errors import RuleViolation
from domain.events.capture_session import (
    CaptureBlocked,
    CaptureSessionEvent,
    SessionAbandoned,
)
from domain.events.codec import decode
from domain.events.refused_capture import CaptureFailed, CaptureGivenUp, PhotographRefused
from domain.ledger import canonical
from domain.rules.capture_session import CAPTURE_SESSION
from domain.rules.refused_capture import (
    refuse_attempt,
    refuse_photograph,
    report_block,
    report_failure,
    report_giving_up,
)
from domain.values.capture import CAPTURE_GATES, Gate, ReadAt, Stage
from domain.values.gates import GatesClosed
from domain.values.identifiers import ConsentId, DeviceId
from tests.builders import (
    DEVICE,
    FRONTAL,
    SUBJECT,
    a_digest,
    a_stereo_pair,
    an_attempt_id,
    gates,
)
from tests.event_builders import (
    a_session_opened,
    a_signed_statement,
    an_attempt_submitted,
    preconditions,
)
from tests.given import given

BASED_ON = (ReadAt(stream=ConsentId.derived(SUBJECT).stream, version=1),)
OPENED: tuple[CaptureSessionEvent, ...] = (a_session_opened(), preconditions())
ENDED: tuple[CaptureSessionEvent, ...] = (*OPENED, SessionAbandoned(reason="the client left"))
BLOCKED = CaptureBlocked(
    stage=Stage.STATION, view=FRONTAL, gates=gates(failing=Gate.FIXTURE), based_on=()
)
FAILED = CaptureFailed(
    view=FRONTAL,
    gates=gates(CAPTURE_GATES),
    rule="capture.hardware",
    evidence="the right camera gives no picture",
    next_step="Try again.",
)
GIVEN_UP = CaptureGivenUp(view=FRONTAL, tries=6, evidence="Hold still.")
CLOSED = GatesClosed(gates(failing=Gate.DISTANCE))
OTHER = RuleViolation("session.open", "the session has ended", "Open a new session.")


@pytest.mark.verifies("DRV-07")
@pytest.mark.verifies("REQ-IN-082")
@pytest.mark.parametrize(
    "report",
    [
        partial(report_block, blocked=BLOCKED),
        partial(report_failure, failure=FAILED),
        partial(report_giving_up, given_up=GIVEN_UP),
    ],
    ids=["blocked", "failed", "given up"],
)
def test_what_the_station_says_of_its_own_session_is_recorded_while_that_is_open(
    report: partial[CaptureSessionEvent],
) -> None:
    (stated,) = report.keywords.values()
    given(CAPTURE_SESSION, *OPENED).when(partial(report, device=DEVICE)).then(stated)
    given(CAPTURE_SESSION).when(partial(report, device=DEVICE)).refuses("session.open")
    given(CAPTURE_SESSION, *ENDED).when(partial(report, device=DEVICE)).refuses("session.open")
    elsewhere = partial(report, device=DeviceId.derived("other"))
    given(CAPTURE_SESSION, *OPENED).when(elsewhere).refuses("capture.station")


@pytest.mark.parametrize(
    "blocked",
    [replace(BLOCKED, gates=gates()), replace(BLOCKED, stage=Stage.RECEIPT)],
)
def test_a_station_reports_only_its_own_refusals(blocked: CaptureBlocked) -> None:
    report = partial(report_block, blocked=blocked, device=DEVICE)
    given(CAPTURE_SESSION, *OPENED).when(report).refuses("capture.block")


@pytest.mark.parametrize(
    "failure", [replace(FAILED, gates=gates(failing=Gate.FIXTURE)), replace(FAILED, evidence=" ")]
)
def test_a_failure_lies_behind_open_gates_and_says_what_was_found(failure: CaptureFailed) -> None:
    report = partial(report_failure, failure=failure, device=DEVICE)
    given(CAPTURE_SESSION, *OPENED).when(report).refuses("capture.failure")


def test_what_was_not_tried_is_not_given_up() -> None:
    report = partial(report_giving_up, given_up=replace(GIVEN_UP, tries=0), device=DEVICE)
    given(CAPTURE_SESSION, *OPENED).when(report).refuses("capture.given-up")


@pytest.mark.verifies("DRV-07")
@pytest.mark.verifies("REQ-IN-201")
@pytest.mark.parametrize("refusal", [CLOSED, OTHER], ids=["gate", "rule"])
def test_a_refused_attempt_keeps_everything_but_its_pictures(refusal: RuleViolation) -> None:
    submitted = an_attempt_submitted()
    kept = refuse_attempt(submitted, refusal, statement=a_signed_statement(), based_on=BASED_ON)
    assert (kept.attempt, kept.view, kept.captured_at) == (
        submitted.attempt,
        FRONTAL,
        submitted.captured_at,
    )
    assert kept.frames == tuple(each.content.digest for each in a_stereo_pair("first"))
    assert (kept.rule, kept.evidence, kept.next_step) == (
        refusal.rule,
        refusal.evidence,
        refusal.next_step,
    )
    assert kept.gates == (CLOSED.gates if refusal is CLOSED else ())
    assert kept.based_on == BASED_ON
    said = canonical.parse_canonical(kept.statement.payload.encode())
    assert decode("AttemptSubmitted", kept.statement.schema, said) == submitted


@pytest.mark.verifies("DRV-07")
@pytest.mark.parametrize("refusal", [CLOSED, OTHER], ids=["gate", "rule"])
def test_a_refused_photograph_is_a_fact_in_an_open_session(refusal: RuleViolation) -> None:
    refuse = partial(
        refuse_photograph,
        attempt=an_attempt_id(),
        view=FRONTAL,
        source="Referring practice",
        content=a_digest("a photograph"),
        size_bytes=17,
        refusal=refusal,
        based_on=BASED_ON,
    )
    given(CAPTURE_SESSION, *OPENED).when(refuse).then(
        PhotographRefused(
            attempt=an_attempt_id(),
            view=FRONTAL,
            source="Referring practice",
            content=a_digest("a photograph"),
            size_bytes=17,
            gates=CLOSED.gates if refusal is CLOSED else (),
            rule=refusal.rule,
            evidence=refusal.evidence,
            next_step=refusal.next_step,
            based_on=BASED_ON,
        )
    )
    given(CAPTURE_SESSION, *ENDED).when(refuse).refuses("session.open")


def test_what_was_refused_changes_nothing_for_what_comes_after() -> None:
    attempt = refuse_attempt(
        an_attempt_submitted(), CLOSED, statement=a_signed_statement(), based_on=()
    )
    before = given(CAPTURE_SESSION, *OPENED).state
    assert given(CAPTURE_SESSION, *OPENED, attempt, FAILED, GIVEN_UP, BLOCKED).state == before
