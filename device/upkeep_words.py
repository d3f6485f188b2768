"""Upkeep at the station's command line: performs it and says what was found, line by line.

Rules kept here:

1. Every number is printed with its unit; a failure is printed with each limit that was missed.
2. The exit status is 0 only when everything that was performed passed.
3. What was found is delivered at once, or kept and said to wait.
"""

from device.board_views import Tell
from device.settings import DEFAULT_COLOUR_LIMITS, DEFAULT_FIELD_LIMITS, DEFAULT_LIMITS
from device.station import Station
from domain.errors import MalformedInput, RuleViolation
from domain.values.identifiers import PractitionerId


def perform(
    station: Station,
    command: str,
    *,
    say: Tell,
    operator: str | None = None,
    new_baseline: bool = False,
) -> int:
    """Perform one command and return the exit status.

    Args:
        station: The station.
        command: ``calibrate``, ``light``, ``colour`` or ``check``.
        say: Takes each line.
        operator: Who performs it; needed to calibrate.
        new_baseline: Whether the light is measured as a new baseline, after service.

    Raises:
        RecordsError: it could not be performed; nothing was stated of it.
    """
    match command:
        case "calibrate":
            passed = _geometry(station, PractitionerId(operator or ""), say)
            passed = _light(station, say) and passed
            passed = _field(station, say) and passed
            passed = _colour(station, say) and passed
        case "light":
            passed = _light(station, say)
            passed = _field(station, say, new_baseline=new_baseline) and passed
        case "colour":
            passed = _colour(station, say)
        case "check":
            passed = _check(station, say)
        case _:
            raise MalformedInput(f"{command} is no upkeep")
    say(station.delivery.drain().problem or "delivered")
    return 0 if passed else 1


def _geometry(station: Station, operator: PractitionerId, say: Tell) -> bool:
    made = station.calibrate(operator=operator, limits=DEFAULT_LIMITS, tell=say)
    record, views = made.record, made.views
    say(f"calibration {record.calibration}: {_result(record.reasons)}")
    say(
        f"  residual {record.reprojection_error_px:.3f} px, epipolar error "
        f"{record.epipolar_error_px:.3f} px, baseline {record.baseline_mm:.3f} mm"
    )
    for view in views.views:
        tail = "" if view.used else f", left out: {views.rule}"
        say(
            f"  view {view.number + 1}: {view.error_px:.3f} px, {view.corners} corners, "
            f"turned {view.yaw_deg:+.0f}°, tilted {view.pitch_deg:+.0f}°, "
            f"{view.distance_mm:.0f} mm{tail}"
        )
    for each in views.missing:
        say(f"  still missing: {each}")
    return _said(record.reasons, say)


def _light(station: Station, say: Tell) -> bool:
    light = station.calibrate_light()
    say(
        f"light: {_result(light.reasons)}, {light.cct_k:.0f} K, exposure "
        f"{light.exposure_reached:.3f} for {light.exposure_target:.3f}"
    )
    for zone in light.zones:
        state = "healthy" if zone.healthy else "not healthy"
        say(f"  zone {zone.zone}: {zone.level:.1%} of new, {zone.current_ma:.0f} mA, {state}")
    return _said(light.reasons, say)


def _field(station: Station, say: Tell, *, new_baseline: bool = False) -> bool:
    try:
        field = station.measure_light_field(limits=DEFAULT_FIELD_LIMITS, new_baseline=new_baseline)
    except (RuleViolation, MalformedInput) as refused:
        say(f"grey target: not measured: {refused}")
        return False
    against = "this is the baseline" if field.baseline is None else f"baseline {field.baseline}"
    say(f"grey target: {_result(field.reasons)}, {against}")
    say(
        f"  uniformity {field.together.uniformity:.2f}, {field.cct_k:.0f} K, "
        f"Duv {field.duv:+.4f} (McCamy {field.quick_cct_k:.0f} K)"
    )
    for each in field.drift:
        say(f"  zone {each.zone}: light {each.level:+.1%}, field {each.pattern:.1%} from baseline")
    return _said(field.reasons, say)


def _colour(station: Station, say: Tell) -> bool:
    try:
        colour = station.calibrate_colour(limits=DEFAULT_COLOUR_LIMITS)
    except (RuleViolation, MalformedInput) as refused:
        # Light and geometry were stated before and stay stated.
        say(f"colour: not calibrated: {refused}")
        return False
    say(f"colour: {_result(colour.reasons)}, {colour.method}, chart {colour.chart.serial}")
    say(
        f"  mean difference {colour.mean_before:.2f} dE00 before, {colour.mean_after:.2f} after, "
        f"{colour.held_out_mean:.2f} held out, worst {colour.worst_after:.2f}"
    )
    return _said(colour.reasons, say)


def _check(station: Station, say: Tell) -> bool:
    station.ask_now()
    check = station.check_in_field(limits=DEFAULT_LIMITS)
    result = "passed" if check.passed else "failed"
    say(f"field check of calibration {check.calibration}: {result}")
    say(f"  {check.evidence}")
    return check.passed


def _said(reasons: tuple[str, ...], say: Tell) -> bool:
    """Say the limits that were missed; return whether there were none."""
    for reason in reasons:
        say(f"  {reason}")
    return not reasons


def _result(reasons: tuple[str, ...]) -> str:
    return "failed" if reasons else "passed"
