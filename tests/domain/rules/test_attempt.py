"""Tests of what becomes of an attempt."""

from dataclasses import replace
from functools import partial

import pytest

from domain.errors import Refusal
from domain.events.capture_session import (
    AttemptJudged,
    AttemptUnmeasurable,
    CaptureSessionEvent,
    DepthReconstructed,
    OutputWithheld,
    SessionAbandoned,
)
from domain.rules.attempt import (
    VOLUME,
    depth_due,
    judge_attempt,
    record_depth,
    record_measurement,
    record_unmeasurable,
    volume_withheld,
    withhold,
)
from domain.rules.capture_session import CAPTURE_SESSION
from domain.values.capture import Gate, GateResult
from domain.values.capture_session import CaptureSession
from domain.values.gates import block, let_pass
from domain.values.identifiers import CalibrationId
from tests.builders import (
    PROTOCOL,
    a_digest,
    a_measurement,
    a_protocol_content,
    an_attempt_id,
    conditions,
)
from tests.event_builders import (
    a_depth,
    a_photograph_imported,
    a_session_opened,
    a_verdict,
    an_attempt_judged,
    an_attempt_measured,
    an_attempt_submitted,
    preconditions,
)
from tests.given import given

FIRST = an_attempt_id()
OPENED: tuple[CaptureSessionEvent, ...] = (a_session_opened(), preconditions())
SUBMITTED = (*OPENED, an_attempt_submitted())
MEASURED = (*SUBMITTED, an_attempt_measured())
ACCEPTED = (*MEASURED, an_attempt_judged())
FLAT = (*OPENED, an_attempt_submitted(stereo=False), an_attempt_judged())
IMPORTED = (a_session_opened(device=None), a_photograph_imported())
PHOTOGRAPH = a_photograph_imported().attempt
UNMEASURABLE = AttemptUnmeasurable(attempt=FIRST, rule="image.png", evidence="chunk IDAT is cut")
HOLDS = let_pass(Gate.CALIBRATION, "calibration holds")
EXPIRED = block(Gate.CALIBRATION, "it expired at nine", "Calibrate.")

measure = partial(record_measurement, measured=an_attempt_measured())
judge_first = partial(judge_attempt, attempt=FIRST, content=a_protocol_content())
keep_depth = partial(record_depth, depth=a_depth(), calibration=HOLDS)


def test_an_attempt_is_measured_once_on_the_bytes_handed_in() -> None:
    given(CAPTURE_SESSION, *SUBMITTED).when(measure).then(an_attempt_measured())
    given(CAPTURE_SESSION, *MEASURED).when(measure).then()
    given(CAPTURE_SESSION, *SUBMITTED, UNMEASURABLE).when(measure).then()


def test_a_measurement_of_other_bytes_is_refused() -> None:
    others = replace(an_attempt_measured(), inputs=an_attempt_measured().inputs[::-1])
    given(CAPTURE_SESSION, *SUBMITTED).when(partial(measure, measured=others)).refuses(
        "capture.measured-bytes"
    )


def test_an_attempt_nobody_handed_in_is_refused_everywhere() -> None:
    session = given(CAPTURE_SESSION, *OPENED)
    session.when(measure).refuses("capture.attempt")
    session.when(judge_first).refuses("capture.attempt")
    session.when(keep_depth).refuses("capture.attempt")


def test_bytes_that_cannot_be_measured_are_recorded_once_and_never_accepted() -> None:
    record = partial(record_unmeasurable, unmeasurable=UNMEASURABLE)
    given(CAPTURE_SESSION, *SUBMITTED).when(record).then(UNMEASURABLE)
    given(CAPTURE_SESSION, *SUBMITTED, UNMEASURABLE).when(record).then()
    given(CAPTURE_SESSION, *MEASURED).when(record).then()
    after = given(CAPTURE_SESSION, *SUBMITTED, UNMEASURABLE)
    assert not after.state.attempts[FIRST].pending
    assert not after.state.accepted
    after.when(judge_first).refuses("capture.measured")


@pytest.mark.verifies("REQ-IN-202")
def test_an_attempt_within_the_limits_is_accepted() -> None:
    given(CAPTURE_SESSION, *MEASURED).when(judge_first).then(an_attempt_judged())
    given(CAPTURE_SESSION, *ACCEPTED).when(judge_first).then()


@pytest.mark.verifies("REQ-IN-201")
@pytest.mark.verifies("DRV-07")
def test_an_attempt_outside_a_limit_is_rejected_with_value_limit_and_advice() -> None:
    blurred = (*SUBMITTED, an_attempt_measured(focus=20.0))
    given(CAPTURE_SESSION, *blurred).when(judge_first).then(
        AttemptJudged(attempt=FIRST, protocol=PROTOCOL, verdict=a_verdict(acceptable=False))
    )


@pytest.mark.verifies("REQ-IN-125")
@pytest.mark.verifies("REQ-IN-144")
def test_a_stereo_limit_that_was_not_measured_rejects_a_stereo_pair() -> None:
    flat = replace(an_attempt_measured(), measurements=(a_measurement("focus"),))
    (judged,) = judge_first(given(CAPTURE_SESSION, *SUBMITTED, flat).state)
    assert [each.name for each in judged.verdict.reasons] == ["depth-completeness"]


def test_a_stereo_limit_does_not_apply_to_an_imported_photograph() -> None:
    measured = replace(
        an_attempt_measured(stereo=False),
        attempt=PHOTOGRAPH,
        inputs=(a_photograph_imported().frame.content.digest,),
    )
    given(CAPTURE_SESSION, *IMPORTED, measured).when(
        partial(judge_attempt, attempt=PHOTOGRAPH, content=a_protocol_content())
    ).then(an_attempt_judged("photograph"))


def test_judging_waits_for_measuring() -> None:
    given(CAPTURE_SESSION, *SUBMITTED).when(judge_first).refuses("capture.measured")


def test_what_was_handed_in_is_judged_even_after_the_session_was_abandoned() -> None:
    abandoned = (*SUBMITTED, SessionAbandoned(reason="the client left"))
    given(CAPTURE_SESSION, *abandoned).when(measure).then(an_attempt_measured())
    given(CAPTURE_SESSION, *abandoned, an_attempt_measured()).when(judge_first).then(
        an_attempt_judged()
    )


def state(*events: CaptureSessionEvent) -> CaptureSession:
    return given(CAPTURE_SESSION, *events).state


@pytest.mark.verifies("REQ-IN-123")
@pytest.mark.verifies("REQ-IN-144")
def test_depth_is_due_for_accepted_stereo_pairs_under_a_calibration_only() -> None:
    uncalibrated = replace(
        an_attempt_submitted(), conditions=replace(conditions(), calibration=None)
    )
    assert depth_due(state(*ACCEPTED), FIRST)
    assert not depth_due(state(*ACCEPTED, a_depth()), FIRST)
    assert not depth_due(state(*MEASURED), FIRST)
    assert not depth_due(state(*MEASURED, an_attempt_judged(acceptable=False)), FIRST)
    assert not depth_due(state(*FLAT), FIRST)
    assert not depth_due(state(*OPENED, uncalibrated, an_attempt_judged()), FIRST)
    assert not depth_due(state(*IMPORTED, an_attempt_judged("photograph")), PHOTOGRAPH)
    assert not depth_due(state(*OPENED), FIRST)


@pytest.mark.verifies("REQ-IN-123")
@pytest.mark.verifies("REQ-IN-125")
def test_depth_of_an_accepted_stereo_pair_is_recorded_once() -> None:
    given(CAPTURE_SESSION, *ACCEPTED).when(keep_depth).then(a_depth())
    given(CAPTURE_SESSION, *ACCEPTED, a_depth()).when(keep_depth).then()


@pytest.mark.verifies("REQ-IN-122")
@pytest.mark.verifies("REQ-IN-123")
@pytest.mark.parametrize(
    "history", [MEASURED, (*MEASURED, an_attempt_judged(acceptable=False)), FLAT]
)
def test_depth_of_anything_else_is_refused(history: tuple[CaptureSessionEvent, ...]) -> None:
    given(CAPTURE_SESSION, *history).when(keep_depth).refuses("depth.accepted-stereo")


@pytest.mark.verifies("REQ-IN-046")
@pytest.mark.verifies("REQ-IN-125")
@pytest.mark.parametrize(
    ("depth", "calibration", "rule"),
    [
        (a_depth(), EXPIRED, "depth.locked-calibration"),
        (
            replace(a_depth(), calibration=CalibrationId.derived("another")),
            HOLDS,
            "depth.locked-calibration",
        ),
        (replace(a_depth(), inputs=(a_digest("other"),)), HOLDS, "depth.inputs"),
        (replace(a_depth(), completeness=1.01), HOLDS, "depth.completeness"),
    ],
)
def test_depth_that_does_not_rest_on_the_capture_is_refused(
    depth: DepthReconstructed, calibration: GateResult, rule: str
) -> None:
    keep = partial(record_depth, depth=depth, calibration=calibration)
    given(CAPTURE_SESSION, *ACCEPTED).when(keep).refuses(rule)


@pytest.mark.parametrize("completeness", [0.0, 1.0])
def test_a_completeness_is_any_share(completeness: float) -> None:
    depth = replace(a_depth(), completeness=completeness)
    given(CAPTURE_SESSION, *ACCEPTED).when(partial(keep_depth, depth=depth)).then(depth)


def test_an_output_is_withheld_once_for_each_ground() -> None:
    ground = Refusal(rule="inference.consent", evidence="declined", next_step="Ask.")
    event = OutputWithheld(
        attempt=FIRST,
        output="analysis",
        rule="inference.consent",
        evidence="declined",
        next_step="Ask.",
    )
    keep_back = partial(withhold, attempt=FIRST, output="analysis", grounds=(ground,))
    given(CAPTURE_SESSION, *ACCEPTED).when(keep_back).then(event)
    given(CAPTURE_SESSION, *ACCEPTED, event).when(keep_back).then()


def grounds(session: CaptureSession, *, calibration: GateResult | None, valid: bool) -> list[str]:
    (attempt,) = session.attempts
    found = volume_withheld(session, attempt, calibration=calibration, claim_validated=valid)
    assert all(each.output == VOLUME and each.evidence and each.next_step for each in found)
    return [each.rule for each in found]


@pytest.mark.verifies("REQ-IN-046")
@pytest.mark.verifies("REQ-IN-049")
@pytest.mark.verifies("REQ-IN-074")
@pytest.mark.verifies("REQ-IN-122")
@pytest.mark.verifies("REQ-IN-123")
def test_volume_is_withheld_with_every_ground_at_once() -> None:
    photograph = state(*IMPORTED, an_attempt_judged("photograph"))
    assert grounds(photograph, calibration=None, valid=False) == [
        "volume.stereo",
        "volume.locked-calibration",
        "volume.validated-claim",
    ]
    assert grounds(state(*FLAT), calibration=HOLDS, valid=True) == ["volume.stereo"]
    stereo = state(*ACCEPTED)
    assert grounds(stereo, calibration=None, valid=True) == ["volume.locked-calibration"]
    assert grounds(stereo, calibration=EXPIRED, valid=True) == ["volume.valid-calibration"]
    assert grounds(stereo, calibration=HOLDS, valid=False) == ["volume.validated-claim"]


def test_volume_is_not_withheld_where_everything_is_there_or_all_is_said() -> None:
    stereo = state(*ACCEPTED)
    assert grounds(stereo, calibration=HOLDS, valid=True) == []
    said = volume_withheld(stereo, FIRST, calibration=HOLDS, claim_validated=False)
    assert grounds(state(*ACCEPTED, *said), calibration=HOLDS, valid=False) == []


def test_a_fact_about_an_unknown_attempt_changes_nothing() -> None:
    assert state(*OPENED, an_attempt_judged()) == state(*OPENED)
