"""Measures the stored bytes of an attempt and judges it by its session's protocol.

Rules kept here:

1. What is measured is what is stored: read back, authenticated, decoded [REQ-IN-096 to 103].
2. Bytes that are no picture are a result of their own, with the rule that refused them.
3. Limits come from the protocol the session follows, also when it is retired since.
4. What rests on the rig's geometry is measured only under a calibration that may be relied on now;
   otherwise it is withheld with the reason, and the limits on it fail [REQ-IN-046, 144].
"""

import re

from adapters.captures import (
    Capture,
    geometry_refused,
    locked_calibration,
    read_capture,
    read_gate,
    read_parameters,
    read_picture,
    read_protocol,
)
from adapters.imaging.determinism import platform_digest
from adapters.imaging.measurement import measure_images
from adapters.workbench import Workbench
from domain.errors import MalformedInput
from domain.events.capture_session import AttemptMeasured, AttemptUnmeasurable
from domain.events.record import Record
from domain.handling import update
from domain.policies import JudgeAttempt, MeasureAttempt
from domain.rules import attempt as attempts
from domain.rules.capture_session import CAPTURE_SESSION
from domain.values.content import Digest

WORKER = "quality"
UNREADABLE = "image.unreadable"
GEOMETRY = "stereo-geometry"
"""The permanent word of all that a pair says only under its calibration: distance, pose, depth."""
_RULED = re.compile(r"([a-z_]+\.[a-z_]+): (.*)", re.DOTALL)


def measure_attempt(bench: Workbench, step: MeasureAttempt, calling: Record) -> tuple[Record, ...]:
    """Measure an attempt and record what was found; () when that was done before."""
    capture = read_capture(bench, step.session, step.attempt)
    if capture.attempt.measurements is not None or capture.attempt.unmeasurable:
        return ()
    context = bench.context(calling, WORKER, subject=capture.subject)
    gate = read_gate(bench, capture)
    relied_on = gate is not None and gate.passed
    doubts = (geometry_refused(gate),) if capture.attempt.stereo and not relied_on else ()
    try:
        measured = _measured(bench, capture, relied_on=relied_on)
    except MalformedInput as error:
        unmeasurable = _unmeasurable(capture, error)
        return update(
            bench.log,
            CAPTURE_SESSION,
            step.session.stream,
            lambda session: attempts.record_unmeasurable(session, unmeasurable),
            context,
        )
    return update(
        bench.log,
        CAPTURE_SESSION,
        step.session.stream,
        lambda session: (
            *attempts.withhold(session, step.attempt, output=GEOMETRY, grounds=doubts),
            *attempts.record_measurement(session, measured),
        ),
        context,
    )


def judge_attempt(bench: Workbench, step: JudgeAttempt, calling: Record) -> tuple[Record, ...]:
    """Judge a measured attempt and record the verdict; () when that was done before."""
    capture = read_capture(bench, step.session, step.attempt)
    content = read_protocol(bench, capture.opened.protocol)
    return update(
        bench.log,
        CAPTURE_SESSION,
        step.session.stream,
        lambda session: attempts.judge_attempt(session, step.attempt, content=content),
        bench.context(calling, WORKER, subject=capture.subject),
    )


def _measured(bench: Workbench, capture: Capture, *, relied_on: bool) -> AttemptMeasured:
    frames = capture.attempt.frames
    pictures = [read_picture(bench, frame, key=capture.key) for frame in frames]
    calibrated = locked_calibration(bench, capture) if relied_on else None
    parameters = None if calibrated is None else read_parameters(bench, calibrated)
    result = measure_images(*pictures, calibration=parameters)
    return AttemptMeasured(
        attempt=capture.attempt.attempt,
        inputs=capture.attempt.digests,
        measurements=result.measurements,
        platform=Digest(platform_digest()),
    )


def _unmeasurable(capture: Capture, error: MalformedInput) -> AttemptUnmeasurable:
    """Take rule and evidence out of a refusal; what the refusal does not name gets our word."""
    ruled = _RULED.fullmatch(str(error))
    rule, evidence = ruled.groups() if ruled else (UNREADABLE, str(error))
    return AttemptUnmeasurable(attempt=capture.attempt.attempt, rule=rule, evidence=evidence)
