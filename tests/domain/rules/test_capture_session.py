"""Tests of opening a session, handing in attempts and closing."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from domain.events.capture_session import (
    AttemptSubmitted,
    CaptureBlocked,
    CaptureSessionEvent,
    OutputWithheld,
    PhotographImported,
    SessionAbandoned,
    SessionClosed,
)
from domain.rules.capture_session import (
    BESIDE_CLOSING,
    CAPTURE_SESSION,
    RECEIPT_GATES,
    abandon_session,
    close_session,
    import_photograph,
    open_session,
    submit_attempt,
)
from domain.values.capture import (
    CAPTURE_GATES,
    STATION_GATES,
    CaptureConditions,
    Gate,
    ReadAt,
    Stage,
    failed,
)
from domain.values.capture_session import CaptureSession
from domain.values.content import CaptureView, FrameRole, ImageReference
from domain.values.gates import GatesClosed, Operator
from domain.values.identifiers import ConsentId, DeviceId
from domain.values.protocol import ProtocolContent, ViewRequirement
from tests.builders import (
    DEVICE,
    SERIALS,
    SUBJECT,
    a_coverage,
    a_frame,
    a_protocol_content,
    a_stereo_pair,
    an_attempt_id,
    conditions,
    gates,
)
from tests.event_builders import (
    a_depth,
    a_photograph_imported,
    a_session_opened,
    an_attempt_judged,
    an_attempt_measured,
    an_attempt_submitted,
    preconditions,
)
from tests.given import given

FIT_GATES = (Gate.DEVICE_IDENTITY, Gate.CALIBRATION, Gate.ILLUMINATION, Gate.VERSIONS)
FIT = gates(FIT_GATES)
BASED_ON = (ReadAt(stream=ConsentId.derived(SUBJECT).stream, version=1),)
OPENED: tuple[CaptureSessionEvent, ...] = (a_session_opened(), preconditions())
IMPORTING: tuple[CaptureSessionEvent, ...] = (a_session_opened(device=None), preconditions())
ACCEPTED: tuple[CaptureSessionEvent, ...] = (
    *OPENED,
    an_attempt_submitted(),
    an_attempt_measured(),
    an_attempt_judged(),
)
submit = partial(
    submit_attempt,
    submitted=an_attempt_submitted(),
    device=DEVICE,
    content=a_protocol_content(),
    consent=a_coverage(),
    operator=Operator(signed_in=True, may_operate=True),
    device_gates=FIT,
)
bring_in = partial(
    import_photograph,
    imported=a_photograph_imported(),
    content=a_protocol_content(stereo=False),
    consent=a_coverage(),
)
close = partial(close_session, content=a_protocol_content())


def failures(state: CaptureSession, **changes: Any) -> dict[Gate, str]:  # noqa: ANN401
    with pytest.raises(GatesClosed) as refused:
        submit(state, **changes)
    return {each.gate: each.evidence for each in failed(refused.value.gates)}


def said(changed: CaptureConditions) -> AttemptSubmitted:
    return replace(an_attempt_submitted(), conditions=changed)


opened_state = given(CAPTURE_SESSION, *OPENED).state


def test_a_session_opens_when_every_gate_passed() -> None:
    attempt = partial(open_session, opened=a_session_opened(), checked=preconditions())
    given(CAPTURE_SESSION).when(attempt).then(*OPENED)


@pytest.mark.verifies("DRV-07")
@pytest.mark.verifies("REQ-IN-201")
def test_a_session_that_is_refused_leaves_the_refusal_and_may_be_tried_again() -> None:
    blocked = CaptureBlocked(
        stage=Stage.OPENING, view=None, gates=gates(failing=Gate.FIXTURE), based_on=BASED_ON
    )
    attempt = partial(open_session, opened=a_session_opened())
    given(CAPTURE_SESSION).when(partial(attempt, checked=blocked)).then(blocked)
    again = partial(attempt, checked=preconditions())
    given(CAPTURE_SESSION, blocked).when(again).then(*OPENED)


def test_a_session_is_opened_once() -> None:
    attempt = partial(open_session, opened=a_session_opened(), checked=preconditions())
    given(CAPTURE_SESSION, *OPENED).when(attempt).refuses("session.opened-once")


@pytest.mark.verifies("REQ-IN-093")
@pytest.mark.verifies("REQ-IN-094")
@pytest.mark.verifies("REQ-IN-200")
def test_an_attempt_that_passes_every_gate_is_recorded_as_the_station_said_it() -> None:
    given(CAPTURE_SESSION, *OPENED).when(submit).then(an_attempt_submitted())


@pytest.mark.parametrize(
    ("history", "why"),
    [
        ((), "never opened"),
        ((*OPENED, SessionAbandoned(reason="the client left")), "has ended"),
        ((*ACCEPTED, SessionClosed(accepted=(an_attempt_id(),))), "has ended"),
    ],
)
def test_outside_an_open_session_nothing_is_taken_in(
    history: tuple[CaptureSessionEvent, ...], why: str
) -> None:
    refused = given(CAPTURE_SESSION, *history).when(submit).refuses("session.open")
    assert why in refused.evidence
    given(CAPTURE_SESSION, *history).when(bring_in).refuses("session.open")
    given(CAPTURE_SESSION, *history).when(close).refuses("session.open")
    given(CAPTURE_SESSION, *history).when(partial(abandon_session, reason="x")).refuses(
        "session.open"
    )


@pytest.mark.verifies("DRV-05")
def test_an_attempt_is_handed_in_once() -> None:
    given(CAPTURE_SESSION, *ACCEPTED).when(submit).refuses("capture.attempt-once")


@pytest.mark.verifies("REQ-IN-095")
def test_a_view_the_protocol_does_not_name_is_refused() -> None:
    oblique = replace(an_attempt_submitted(), view=CaptureView("left-oblique"))
    refused = (
        given(CAPTURE_SESSION, *OPENED)
        .when(partial(submit, submitted=oblique))
        .refuses("capture.view")
    )
    assert "frontal" in refused.next_step


@pytest.mark.verifies("REQ-IN-094")
@pytest.mark.verifies("REQ-IN-125")
@pytest.mark.parametrize(
    "frames",
    [
        (),
        (a_frame(),),
        (a_frame("left", FrameRole.LEFT),),
        a_stereo_pair()[::-1],
        (a_frame("same", FrameRole.LEFT), a_frame("same", FrameRole.RIGHT)),
        (a_stereo_pair()[0], replace(a_stereo_pair()[1], camera_serial=SERIALS[0])),
        (a_stereo_pair()[0], replace(a_stereo_pair()[1], camera_serial=None)),
        (*a_stereo_pair(), a_frame()),
    ],
)
def test_a_stereo_view_needs_left_and_right_of_two_cameras(
    frames: tuple[ImageReference, ...],
) -> None:
    given(CAPTURE_SESSION, *OPENED).when(
        partial(submit, submitted=replace(an_attempt_submitted(), frames=frames))
    ).refuses("capture.frames")


@pytest.mark.parametrize("frames", [(a_frame(),), a_stereo_pair()])
def test_a_view_without_stereo_takes_one_frame_or_a_pair(
    frames: tuple[ImageReference, ...],
) -> None:
    submitted = replace(an_attempt_submitted(), frames=frames)
    flat = partial(submit, submitted=submitted, content=a_protocol_content(stereo=False))
    given(CAPTURE_SESSION, *OPENED).when(flat).then(submitted)


@pytest.mark.verifies("REQ-IN-111")
def test_a_frame_of_a_camera_nobody_named_is_refused() -> None:
    left, right = a_stereo_pair()
    frames = (left, replace(right, camera_serial="CAM-X"))
    given(CAPTURE_SESSION, *OPENED).when(
        partial(submit, submitted=replace(an_attempt_submitted(), frames=frames))
    ).refuses("capture.cameras")


@pytest.mark.verifies("REQ-IN-077")
@pytest.mark.verifies("DRV-07")
@pytest.mark.verifies("REQ-IN-201")
def test_consent_withdrawn_during_the_session_blocks_every_further_capture() -> None:
    withdrawn = a_coverage(covered=False)
    assert failures(opened_state, consent=withdrawn).keys() == {Gate.CONSENT}
    importing = given(CAPTURE_SESSION, *IMPORTING)
    importing.when(partial(bring_in, consent=withdrawn)).refuses("capture.gates")


@pytest.mark.verifies("REQ-IN-078")
@pytest.mark.parametrize(
    ("operator", "words"),
    [
        (Operator(signed_in=False, may_operate=True), "not signed in"),
        (Operator(signed_in=True, may_operate=False), "role"),
    ],
)
def test_who_signed_out_or_lost_the_role_captures_nothing_more(
    operator: Operator, words: str
) -> None:
    found = failures(opened_state, operator=operator)
    assert found.keys() == {Gate.OPERATOR}
    assert words in found[Gate.OPERATOR]


@pytest.mark.verifies("REQ-IN-079")
@pytest.mark.verifies("REQ-IN-080")
@pytest.mark.verifies("REQ-IN-086")
@pytest.mark.parametrize("gate", FIT_GATES)
def test_a_station_that_is_no_longer_fit_is_blocked_at_receipt(gate: Gate) -> None:
    unfit = gates(FIT_GATES, failing=gate)
    assert failures(opened_state, device_gates=unfit).keys() == {gate}
    unreported = tuple(each for each in FIT if each.gate is not gate)
    assert failures(opened_state, device_gates=unreported).keys() == {gate}


@pytest.mark.verifies("REQ-IN-079")
def test_another_station_than_the_sessions_is_blocked() -> None:
    other = DeviceId.derived("other")
    found = failures(opened_state, device=other)
    assert other in found[Gate.DEVICE_IDENTITY]
    importing = given(CAPTURE_SESSION, *IMPORTING).state
    assert "none" in failures(importing)[Gate.DEVICE_IDENTITY]


@pytest.mark.verifies("REQ-IN-082")
@pytest.mark.verifies("REQ-IN-083")
@pytest.mark.verifies("REQ-IN-084")
@pytest.mark.verifies("REQ-IN-085")
@pytest.mark.verifies("REQ-IN-086")
@pytest.mark.verifies("REQ-IN-091")
@pytest.mark.verifies("DRV-07")
@pytest.mark.parametrize("gate", STATION_GATES)
def test_a_gate_that_failed_or_was_left_out_at_the_station_is_blocked(gate: Gate) -> None:
    failing = replace(an_attempt_submitted(), gates=gates(failing=gate))
    assert failures(opened_state, submitted=failing).keys() == {gate}
    left_out = tuple(each for each in STATION_GATES if each is not gate)
    silent = replace(an_attempt_submitted(), gates=gates(left_out))
    assert "nothing was reported" in failures(opened_state, submitted=silent)[gate]


@pytest.mark.verifies("REQ-IN-082")
@pytest.mark.verifies("REQ-IN-083")
@pytest.mark.verifies("REQ-IN-091")
@pytest.mark.parametrize(
    ("changed", "gate", "evidence"),
    [
        (replace(conditions(), fixture_engaged=False), Gate.FIXTURE, "not engaged"),
        (replace(conditions(), distance_mm=429.5), Gate.DISTANCE, "429.5 mm, outside 430 to 470"),
        (replace(conditions(), distance_mm=471.0), Gate.DISTANCE, "471 mm"),
        (replace(conditions(), colour_reference=" "), Gate.COLOUR_REFERENCE, "no reason"),
    ],
)
def test_a_gate_is_not_believed_against_the_stations_own_numbers(
    changed: CaptureConditions, gate: Gate, evidence: str
) -> None:
    found = failures(opened_state, submitted=said(changed))
    assert found.keys() == {gate}
    assert evidence in found[gate]


@pytest.mark.verifies("REQ-IN-083")
@pytest.mark.parametrize(("minimum", "maximum"), [(None, 440.0), (460.0, None)])
def test_a_distance_may_be_limited_on_one_side(
    minimum: float | None, maximum: float | None
) -> None:
    content = a_protocol_content()
    limits = (replace(content.station_limits[0], minimum=minimum, maximum=maximum),)
    one_sided = replace(content, station_limits=limits)
    assert "any" in failures(opened_state, content=one_sided)[Gate.DISTANCE]


@pytest.mark.verifies("REQ-IN-083")
def test_a_distance_limited_for_stereo_only_is_checked_too() -> None:
    content = a_protocol_content()
    limits = (replace(content.station_limits[0], stereo_only=True),)
    near = said(replace(conditions(), distance_mm=400.0))
    changed = replace(content, station_limits=limits)
    assert failures(opened_state, submitted=near, content=changed).keys() == {Gate.DISTANCE}


@pytest.mark.verifies("REQ-IN-077")
def test_what_the_station_was_told_counts_only_against_it() -> None:
    told = replace(an_attempt_submitted(), gates=gates(CAPTURE_GATES))
    given(CAPTURE_SESSION, *OPENED).when(partial(submit, submitted=told)).then(told)
    knew = replace(told, gates=gates(CAPTURE_GATES, failing=Gate.CONSENT))
    assert failures(opened_state, submitted=knew).keys() == {Gate.CONSENT}
    with pytest.raises(GatesClosed) as refused:
        submit(opened_state, submitted=told, consent=a_coverage(covered=False))
    assert sorted(each.gate for each in refused.value.gates) == sorted(
        (*RECEIPT_GATES, *STATION_GATES)
    )


@pytest.mark.verifies("REQ-IN-091")
@pytest.mark.verifies("REQ-IN-092")
def test_where_no_chart_was_feasible_the_reason_is_kept() -> None:
    without = said(
        replace(
            conditions(),
            colour_reference="profile view: chart hidden",
            colour_reference_passed=False,
        )
    )
    given(CAPTURE_SESSION, *OPENED).when(partial(submit, submitted=without)).then(without)


def test_a_photograph_from_elsewhere_is_taken_in() -> None:
    given(CAPTURE_SESSION, *IMPORTING).when(bring_in).then(a_photograph_imported())
    attempt = given(CAPTURE_SESSION, *IMPORTING, a_photograph_imported()).state.attempts[
        a_photograph_imported().attempt
    ]
    assert attempt.imported
    assert attempt.calibration is None
    assert not attempt.stereo


@pytest.mark.parametrize(
    ("imported", "rule"),
    [
        (replace(a_photograph_imported(), source=""), "capture.source"),
        (replace(a_photograph_imported(), view=CaptureView("profile")), "capture.view"),
        (replace(a_photograph_imported(), frame=a_frame()), "capture.imported"),
        (
            replace(
                a_photograph_imported(),
                frame=replace(a_photograph_imported().frame, role=FrameRole.LEFT),
            ),
            "capture.imported",
        ),
    ],
)
def test_a_photograph_that_claims_a_station_or_has_no_source_is_refused(
    imported: PhotographImported, rule: str
) -> None:
    given(CAPTURE_SESSION, *IMPORTING).when(partial(bring_in, imported=imported)).refuses(rule)


@pytest.mark.verifies("REQ-IN-093")
@pytest.mark.verifies("REQ-IN-094")
@pytest.mark.verifies("REQ-IN-202")
def test_a_session_closes_when_every_required_view_is_accepted() -> None:
    given(CAPTURE_SESSION, *ACCEPTED).when(close).then(SessionClosed(accepted=(an_attempt_id(),)))


@pytest.mark.parametrize(
    "analysed",
    [
        a_depth(),
        OutputWithheld(
            attempt=an_attempt_id(), output="depth", rule="r", evidence="e", next_step="n"
        ),
    ],
)
def test_what_analysis_adds_meanwhile_changes_nothing_about_closing(
    analysed: CaptureSessionEvent,
) -> None:
    assert isinstance(analysed, BESIDE_CLOSING)
    for history in (ACCEPTED, (*ACCEPTED, analysed)):
        given(CAPTURE_SESSION, *history).when(close).then(
            SessionClosed(accepted=(an_attempt_id(),))
        )


def two_views() -> ProtocolContent:
    content = a_protocol_content()
    oblique = ViewRequirement(view=CaptureView("left-oblique"), stereo=True, instruction="Turn")
    return replace(content, views=(*content.views, oblique))


@pytest.mark.verifies("REQ-IN-093")
@pytest.mark.verifies("REQ-IN-094")
@pytest.mark.parametrize(
    ("history", "content", "lacking"),
    [
        (OPENED, a_protocol_content(), "frontal"),
        (
            (*ACCEPTED[:4], an_attempt_judged(acceptable=False)),
            a_protocol_content(),
            "frontal",
        ),
        (ACCEPTED, two_views(), "left-oblique"),
        (
            (
                *OPENED,
                an_attempt_submitted(stereo=False),
                an_attempt_measured(stereo=False),
                an_attempt_judged(),
            ),
            a_protocol_content(),
            "frontal",
        ),
    ],
)
def test_a_session_lacking_a_view_does_not_close_and_says_which(
    history: tuple[CaptureSessionEvent, ...], content: ProtocolContent, lacking: str
) -> None:
    refused = (
        given(CAPTURE_SESSION, *history)
        .when(partial(close, content=content))
        .refuses("session.complete")
    )
    assert lacking in refused.evidence


def test_imported_photographs_complete_a_session_without_a_station() -> None:
    history = (*IMPORTING, a_photograph_imported(), an_attempt_judged("photograph"))
    given(CAPTURE_SESSION, *history).when(close).then(
        SessionClosed(accepted=(an_attempt_id("photograph"),))
    )


def test_a_session_waits_for_verdicts_before_it_closes() -> None:
    waiting = (*ACCEPTED, an_attempt_submitted("second"))
    refused = given(CAPTURE_SESSION, *waiting).when(close).refuses("session.judged")
    assert "1 of 2" in refused.evidence


@pytest.mark.verifies("DRV-07")
def test_a_session_is_abandoned_with_a_reason() -> None:
    given(CAPTURE_SESSION, *OPENED).when(partial(abandon_session, reason="the client left")).then(
        SessionAbandoned(reason="the client left")
    )
    given(CAPTURE_SESSION, *OPENED).when(partial(abandon_session, reason="")).refuses(
        "session.reason"
    )
