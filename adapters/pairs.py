"""Two captures of one view side by side: which belongs before which, and what decides about them.

Rules kept here:

1. The earlier capture is of the subject's latest session before this one that was laid before a
   practitioner; of each view the first accepted stereo pair with depth counts, the others are its
   repeats.
2. What decides whether two captures compare is read from the record; what is not recorded stays
   unknown.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from adapters.captures import (
    Capture,
    locked_calibration,
    read_capture,
    read_gate,
    read_protocol,
    read_station,
)
from adapters.imaging import measures
from adapters.workbench import Workbench
from domain.events.capture_session import AttemptSubmitted
from domain.handling import load, load_existing
from domain.rules.assessment import ASSESSMENT
from domain.rules.capture_session import CAPTURE_SESSION
from domain.rules.claim import CLAIM, Claim
from domain.rules.comparability import COLOUR_LIMITS, compare_captures
from domain.rules.inference import INFERENCE
from domain.values.comparability import CaptureFacts, ComparabilityVerdict
from domain.values.content import CaptureView
from domain.values.identifiers import (
    AssessmentId,
    ClaimId,
    InferenceId,
    ReleaseId,
    SessionId,
    SubjectId,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewCaptures:
    """The captures of one view in one session that have depth.

    Attributes:
        session: The session.
        first: The one that is compared.
        repeats: The others.
    """

    session: SessionId
    first: Capture
    repeats: tuple[Capture, ...]


def claims(bench: Workbench) -> Iterator[Claim]:
    """Yield every claim, in the order they were registered."""
    for stream in bench.streams.of_kind(ClaimId.kind):
        claim, _ = load(bench.log, CLAIM, stream)
        yield claim


def runs_pending(bench: Workbench, session: SessionId) -> bool:
    """Return whether a run that was called for on an accepted attempt has not ended."""
    state, _ = load_existing(bench.log, CAPTURE_SESSION, session.stream)
    releases = [ReleaseId.of_stream(each) for each in bench.streams.of_kind(ReleaseId.kind)]
    return any(
        load(bench.log, INFERENCE, InferenceId.derived(attempt, release).stream)[0].pending
        for attempt in state.accepted
        for release in releases
    )


def view_captures(bench: Workbench, session: SessionId) -> tuple[ViewCaptures, ...]:
    """Return the captures of each view of a session that have depth."""
    state, _ = load_existing(bench.log, CAPTURE_SESSION, session.stream)
    found: dict[CaptureView, list[Capture]] = {}
    for attempt in state.accepted:
        if state.attempts[attempt].stereo and state.attempts[attempt].depth is not None:
            capture = read_capture(bench, session, attempt)
            found.setdefault(capture.attempt.view, []).append(capture)
    return tuple(
        ViewCaptures(session=session, first=first, repeats=tuple(repeats))
        for first, *repeats in found.values()
    )


def earlier_captures(
    bench: Workbench, subject: SubjectId, now: ViewCaptures
) -> ViewCaptures | None:
    """Return the captures of the same view in the latest session before; none without any."""
    found = []
    for stream in bench.streams.of_subject(AssessmentId.kind, subject):
        assessment, _ = load(bench.log, ASSESSMENT, stream)
        if assessment.session is None or assessment.session == now.session:
            continue
        found += [
            each
            for each in view_captures(bench, assessment.session)
            if each.first.attempt.view == now.first.attempt.view
            and each.first.taken_at.us < now.first.taken_at.us
        ]
    return max(found, key=lambda each: each.first.taken_at.us, default=None)


def capture_facts(bench: Workbench, capture: Capture, *, seq: int | None = None) -> CaptureFacts:
    """Return what decides whether a capture compares with another.

    Args:
        bench: What to work with.
        capture: The capture.
        seq: The record at which the station is looked at; none for now.
    """
    station = read_station(bench, capture, seq=seq)
    calibrated = locked_calibration(bench, capture, seq=seq)
    gate = read_gate(bench, capture, seq=seq)
    protocol = read_protocol(bench, capture.opened.protocol)
    arrival = capture.arrival
    said = arrival.conditions if isinstance(arrival, AttemptSubmitted) else None
    measured = {each.name: each.value for each in capture.attempt.measurements or ()}
    return CaptureFacts(
        taken_at=capture.taken_at,
        device_serial=None if said is None else said.device_serial,
        device_model=station.model,
        cameras=() if said is None else said.camera_serials,
        lens_configuration=None if calibrated is None else calibrated.record.lens_configuration,
        calibration=capture.attempt.calibration,
        calibration_target=None if calibrated is None else calibrated.record.target.serial,
        calibration_holds=gate is not None and gate.passed,
        protocol=capture.opened.protocol,
        protocol_words=f"{protocol.name} {protocol.version}",
        view=str(capture.attempt.view),
        polarised=None if said is None else said.polarised,
        distance_mm=measured.get(
            measures.WORKING_DISTANCE.name, None if said is None else said.distance_mm
        ),
        turn_deg=measured.get(measures.FACE_TURN.name),
        tilt_deg=measured.get(measures.FACE_NOD.name),
        roll_deg=measured.get(measures.FACE_ROLL.name),
        exposure_us=None if said is None else said.exposure_us * said.gain,
        cct_k=None if said is None else said.cct_k,
        neutral_expression=capture.opened.prompts.neutral_expression,
        makeup=capture.opened.prompts.makeup,
    )


def colour_verdicts(
    bench: Workbench,
    earlier: tuple[Capture, ...],
    later: tuple[Capture, ...],
    *,
    seq: int | None = None,
) -> Iterator[tuple[Capture, Capture, ComparabilityVerdict]]:
    """Yield each later capture with the earlier one of its view, and whether the two compare.

    Args:
        bench: What to work with.
        earlier: The earlier session's captures.
        later: The later session's.
        seq: The record at which stations are looked at; none for now.
    """
    before = {each.attempt.view: each for each in earlier}
    for capture in later:
        then = before.get(capture.attempt.view)
        if then is not None:
            verdict = compare_captures(
                capture_facts(bench, then, seq=seq),
                capture_facts(bench, capture, seq=seq),
                COLOUR_LIMITS,
            )
            yield then, capture, verdict
