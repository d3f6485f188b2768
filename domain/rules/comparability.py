"""Whether two captures may be compared, thing by thing [DRV-15].

Rules kept here:

1. Distance, pose, exposure and light are compared in numbers against limits that a claim or a
   protocol gives; expression, make-up, polarisation, view, protocol, station and cameras must be
   the same.
2. Calibration lineage: both calibrations hold, and they are one and the same, or were made with
   the same target on the same cameras and lenses.
3. The later capture is the later one, and not longer after than the limit.
4. What is not known never counts as alike.
"""

from datetime import timedelta

from domain.values.comparability import (
    CaptureFacts,
    ComparabilityVerdict,
    Difference,
    PairLimits,
)

COLOUR_LIMITS = PairLimits(
    distance_mm=15.0, pose_deg=4.0, exposure_ratio=1.2, cct_k=300.0, days=3653.0
)
"""For what is read off colour, of which no claim speaks; our own bounds for captures alike."""

_UNKNOWN = "not known"
_DAY = timedelta(days=1)


def compare_captures(
    earlier: CaptureFacts, later: CaptureFacts, limits: PairLimits
) -> ComparabilityVerdict:
    """Return the verdict on a pair of captures with everything that was looked at."""
    differences = (
        _time(earlier, later, limits),
        _same("view", earlier.view, later.view),
        _protocol(earlier, later),
        _same("device", earlier.device_serial, later.device_serial),
        _same("device model", earlier.device_model, later.device_model),
        _same("cameras", ", ".join(earlier.cameras) or None, ", ".join(later.cameras) or None),
        _lineage(earlier, later),
        _number("distance", earlier.distance_mm, later.distance_mm, limits.distance_mm, "mm"),
        _number("turn", earlier.turn_deg, later.turn_deg, limits.pose_deg, "°"),
        _number("tilt", earlier.tilt_deg, later.tilt_deg, limits.pose_deg, "°"),
        _number("roll", earlier.roll_deg, later.roll_deg, limits.pose_deg, "°"),
        _exposure(earlier, later, limits),
        _number("light", earlier.cct_k, later.cct_k, limits.cct_k, "K"),
        _same("polarisation", _on(earlier.polarised), _on(later.polarised)),
        _expression(earlier, later),
        _same("make-up", earlier.makeup, later.makeup),
    )
    return ComparabilityVerdict(
        comparable=all(each.within for each in differences), differences=differences
    )


def _same(what: str, earlier: str | None, later: str | None) -> Difference:
    return Difference(
        what=what,
        earlier=earlier or _UNKNOWN,
        later=later or _UNKNOWN,
        limit="must be the same",
        within=bool(earlier) and earlier == later,
    )


def _number(
    what: str, earlier: float | None, later: float | None, most: float, unit: str
) -> Difference:
    known = earlier is not None and later is not None
    return Difference(
        what=what,
        earlier=_tenths(earlier, unit),
        later=_tenths(later, unit),
        limit=f"at most {most:g} {unit} apart",
        within=known and abs((earlier or 0.0) - (later or 0.0)) <= most,
    )


def _tenths(value: float | None, unit: str) -> str:
    # Adding zero takes the sign from a rounded -0.0.
    return _UNKNOWN if value is None else f"{round(value, 1) + 0.0:.1f} {unit}"


def _time(earlier: CaptureFacts, later: CaptureFacts, limits: PairLimits) -> Difference:
    apart = timedelta(microseconds=later.taken_at.us - earlier.taken_at.us)
    return Difference(
        what="time",
        earlier=str(earlier.taken_at),
        later=str(later.taken_at),
        limit=f"later, and at most {limits.days:g} days",
        within=timedelta(0) < apart <= limits.days * _DAY,
    )


def _protocol(earlier: CaptureFacts, later: CaptureFacts) -> Difference:
    return Difference(
        what="protocol",
        earlier=earlier.protocol_words,
        later=later.protocol_words,
        limit="must be the same version",
        within=earlier.protocol == later.protocol,
    )


def _lineage(earlier: CaptureFacts, later: CaptureFacts) -> Difference:
    made_alike = (
        earlier.calibration_target is not None
        and earlier.calibration_target == later.calibration_target
        and earlier.lens_configuration is not None
        and earlier.lens_configuration == later.lens_configuration
        and earlier.cameras == later.cameras
    )
    known = earlier.calibration is not None and later.calibration is not None
    return Difference(
        what="calibration lineage",
        earlier=_calibrated(earlier),
        later=_calibrated(later),
        limit="both hold; the same one, or the same target, cameras and lenses",
        within=known
        and earlier.calibration_holds
        and later.calibration_holds
        and (earlier.calibration == later.calibration or made_alike),
    )


def _calibrated(facts: CaptureFacts) -> str:
    if facts.calibration is None:
        return "none"
    holds = "holds" if facts.calibration_holds else "does not hold"
    return (
        f"{facts.calibration}, target {facts.calibration_target or _UNKNOWN}, "
        f"lenses {facts.lens_configuration or _UNKNOWN}, {holds}"
    )


def _exposure(earlier: CaptureFacts, later: CaptureFacts, limits: PairLimits) -> Difference:
    first, second = earlier.exposure_us or 0.0, later.exposure_us or 0.0
    within = min(first, second) > 0 and max(first, second) <= limits.exposure_ratio * min(
        first, second
    )
    return Difference(
        what="exposure",
        earlier=f"{first:g} µs" if first else _UNKNOWN,
        later=f"{second:g} µs" if second else _UNKNOWN,
        limit=f"at most {limits.exposure_ratio:g} times the other",
        within=within,
    )


def _expression(earlier: CaptureFacts, later: CaptureFacts) -> Difference:
    def word(facts: CaptureFacts) -> str:
        return "neutral" if facts.neutral_expression else "not neutral"

    return Difference(
        what="expression",
        earlier=word(earlier),
        later=word(later),
        limit="both neutral",
        within=earlier.neutral_expression and later.neutral_expression,
    )


def _on(polarised: bool | None) -> str | None:  # noqa: FBT001 - a fact, no switch
    if polarised is None:
        return None
    return "on" if polarised else "off"
