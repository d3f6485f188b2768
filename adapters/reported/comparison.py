"""The comparison with the subject's last session that was signed before, if the two compare.

Rules kept here:

1. Captures that differ in protocol, station, calibration, light, distance, pose, declared make-up
   or expression, or in the model that ran, are not compared; it is said in what they differ, with
   numbers where there are any [DRV-15].
2. Only what a model measured is compared, in the same view; what a practitioner rejected or
   replaced is not.
3. The smallest change that can be told from none is the root of the sum of squares of the two
   expanded uncertainties. Source: JCGM 100:2008 (GUM), 5.1.2, for a difference of two results.
"""

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from adapters.captures import Capture
from adapters.imaging import measures
from adapters.reported.conditions import view_words
from adapters.reported.sources import Sources, read_sources
from adapters.reports.results import ComparedQuantity, Comparison
from adapters.workbench import Workbench
from domain.events.capture_session import AttemptSubmitted
from domain.rules.assessment import ASSESSMENT
from domain.values.assessment import Decision
from domain.values.finding import Finding
from domain.values.identifiers import AssessmentId

_DAY = timedelta(days=1) // timedelta(microseconds=1)
_WHAT: Final = (
    "protocol",
    "station",
    "cameras",
    "capture",
    "polarisation",
    "make-up",
    "expression",
    "models",
)
_MOST_APART: Final = {
    "distance": ("mm", 15.0),
    "light": ("K", 300.0),
    "roll": ("°", 4.0),
    "turn": ("°", 5.0),
}
"""Unit, and how far two captures may lie apart; our own bounds for captures that are alike."""

_MOST_EXPOSURE_RATIO: Final = 1.2
_MEASURED: Final = {"roll": measures.FACE_ROLL, "turn": measures.FACE_TURN}


def report_comparison(bench: Workbench, now: Sources) -> Comparison | None:
    """Return the comparison with the last signed session before; none when there is none."""
    earlier = _earlier(bench, now)
    if earlier is None:
        return None
    differences = tuple(_differences(earlier, now))
    quantities = () if differences else tuple(_quantities(earlier, now))
    if not differences and not quantities:
        differences = ("no quantity was measured in both sessions",)
    return Comparison(
        earlier=now.moment(earlier.taken_at),
        days_between=(now.taken_at.us - earlier.taken_at.us) // _DAY,
        conditions_differ=differences,
        quantities=quantities,
    )


def _earlier(bench: Workbench, now: Sources) -> Sources | None:
    """Return the newest session before this one whose assessment had been signed."""
    found = []
    for stream in bench.streams.of_subject(AssessmentId.kind, now.subject):
        identifier = AssessmentId.of_stream(stream)
        assessment = bench.as_of(ASSESSMENT, stream, now.seq)
        if identifier != now.identifier and assessment.signature is not None:
            found.append(read_sources(bench, identifier, now.seq))
    before = [each for each in found if each.taken_at.us < now.taken_at.us]
    return max(before, key=lambda each: each.taken_at.us, default=None)


def _differences(earlier: Sources, now: Sources) -> Iterator[str]:
    """Yield, in words, what keeps two sessions from being compared."""
    for what, then, today in zip(_WHAT, _declared(earlier), _declared(now), strict=True):
        if then != today:
            yield f"{what}: {then} then, {today} now"
    before = {each.attempt.view: each for each in earlier.captures}
    for capture in now.captures:
        then_taken = before.get(capture.attempt.view)
        if then_taken is not None:
            yield from _apart(then_taken, capture)


def _declared(sources: Sources) -> tuple[str, ...]:
    opened = sources.captures[0].opened
    calibrated = all(each.attempt.calibration is not None for each in sources.captures)
    said = [
        each.arrival.conditions
        for each in sources.captures
        if isinstance(each.arrival, AttemptSubmitted)
    ]
    return (
        f"{sources.protocol.name} {sources.protocol.version}",
        ", ".join(sorted({each.device_serial for each in said})) or "none",
        ", ".join(sorted({serial for each in said for serial in each.camera_serials})) or "none",
        "calibrated" if calibrated else "uncalibrated",
        ", ".join(sorted({"on" if each.polarised else "off" for each in said})) or "not known",
        opened.prompts.makeup,
        "neutral" if opened.prompts.neutral_expression else "not neutral",
        ", ".join(sorted({run.model for run in sources.runs})) or "none",
    )


def _apart(then: Capture, now: Capture) -> Iterator[str]:
    """Yield in which numbers two captures of one view lie too far apart."""
    view = view_words(now.attempt.view).lower()
    before, today = _numbers(then), _numbers(now)
    for what, (unit, most) in _MOST_APART.items():
        if what in before and what in today and abs(before[what] - today[what]) > most:
            yield f"{what}, {view}: {before[what]:g} {unit} then, {today[what]:g} {unit} now"
    first, second = _exposure_us(then), _exposure_us(now)
    if first and second and max(first, second) > _MOST_EXPOSURE_RATIO * min(first, second):
        yield f"exposure, {view}: {first:g} µs then, {second:g} µs now"


def _numbers(capture: Capture) -> dict[str, float]:
    """Return what is known of a capture in numbers: the station's claims, our measurements."""
    measured = {each.name: each.value for each in capture.attempt.measurements or ()}
    found = {
        what: round(measured[measure.name], 1)
        for what, measure in _MEASURED.items()
        if measure.name in measured
    }
    if isinstance(capture.arrival, AttemptSubmitted):
        said = capture.arrival.conditions
        found["distance"] = said.distance_mm
        found["light"] = said.cct_k
    return found


def _exposure_us(capture: Capture) -> float | None:
    """Return exposure time times gain, as the station states them."""
    if not isinstance(capture.arrival, AttemptSubmitted):
        return None
    return capture.arrival.conditions.exposure_us * capture.arrival.conditions.gain


def _quantities(earlier: Sources, now: Sources) -> Iterator[ComparedQuantity]:
    before = dict(_measured(earlier))
    for place, finding in _measured(now):
        then = before.get(place)
        if then is None or then.unit != finding.unit:
            continue
        quantity = _quantity(place[0], then, finding)
        if quantity is not None:
            yield quantity


def _quantity(view: str, then: Finding, now: Finding) -> ComparedQuantity | None:
    numbers = (then.value, now.value, then.uncertainty, now.uncertainty)
    earlier, value, first, second = numbers
    if earlier is None or value is None or first is None or second is None or now.unit is None:
        return None
    return ComparedQuantity(
        label=f"{now.label}, {view.lower()}",
        unit=now.unit,
        earlier=earlier,
        now=value,
        detectable_change=math.hypot(first, second),
    )


def _measured(sources: Sources) -> Iterator[tuple[tuple[str, str], Finding]]:
    """Yield the findings that stand as measured, by view and code; a change is compared already."""
    changes = {finding for each in sources.changes for finding in each.findings}
    for finding in sources.assessment.findings:
        if finding in changes:
            continue
        review = sources.assessment.reviews.get(finding.finding)
        if review is not None and review.decision is Decision.ACCEPTED:
            view = view_words(sources.run_of(finding).capture.attempt.view)
            yield (view, finding.code), finding
