"""Upkeep at the station's command line: performs it and says what was found, line by line.

Rules kept here:

1. Every number is printed with its unit; a failure is printed with each limit that was missed.
2. The exit status is 0 only when everything that was performed passed, and nothing was refused.
3. What was found is delivered at once, or kept and said to wait.
4. The limits are those of the protocol in force; where nobody named any, the station's own serve,
   and which of both is said before anything is measured.
5. A refusal is said with its rule, what was found and what to do: what was measured is then not in
   the record.
"""

from typing import Final

from device.board_views import Tell
from device.delivery import Progress
from device.settings import DEFAULT_COLOUR_LIMITS, DEFAULT_FIELD_LIMITS, DEFAULT_LIMITS
from device.station import Station
from domain.errors import MalformedInput, RuleViolation, Unavailable
from domain.values.identifiers import PractitionerId
from domain.values.light_field import LightFieldRecord
from domain.values.protocol import CalibrationLimits

_OWN: Final = "limits: the station's own, because no protocol lays them down"


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
        new_baseline: Whether the light is to be the new baseline, after service.

    Raises:
        RecordsError: it could not be performed; nothing was stated of it.
    """
    # What waited may decide what holds now: an earlier light field, a configuration.
    nothing_refused = _delivered_before(station, say)
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
    passed = _delivered(station, say) and passed
    return 0 if passed and nothing_refused else 1


def _delivered_before(station: Station, say: Tell) -> bool:
    """Deliver what was kept before this command; return whether nothing of it was refused."""
    done = station.delivery.drain()
    _refused(done, say)
    return not done.refusals


def _delivered(station: Station, say: Tell) -> bool:
    """Deliver what was found and say what became of it; return whether nothing was refused."""
    done = station.delivery.drain()
    _refused(done, say)
    if done.problem is not None:
        say(f"kept, not delivered yet: {done.problem}")
    elif not done.refusals:
        say("delivered")
    return not done.refusals


def _refused(done: Progress, say: Tell) -> None:
    for each in done.refusals:
        say(
            f"refused by the service, not in the record: {each.name}, statement {each.sequence}: "
            f"{each.why.rule}"
        )
        say(f"  {each.why.evidence}. {each.why.next_step}")


def _limits(station: Station, say: Tell) -> CalibrationLimits:
    """Return the limits in force, and say whose they are."""
    station.ask_now()
    told = station.limits()
    if told is None:
        why = station.problem or "the server names no approved protocol"
        say(f"limits: the station's own, because {why}")
        return DEFAULT_LIMITS
    since = "" if station.problem is None else f", as named last, because {station.problem}"
    say(f"limits: of the protocol {told.protocol}{since}")
    return told.calibration


def _geometry(station: Station, operator: PractitionerId, say: Tell) -> bool:
    limits = _limits(station, say)
    made = station.calibrate(operator=operator, limits=limits, tell=say)
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
    say(_OWN)
    if not light.measured:
        say("light: failed, not measured")
        for zone in light.zones:
            say(f"  zone {zone.zone}: not measured, {zone.current_ma:.0f} mA")
        return _said(light.reasons, say)
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
    except (RuleViolation, MalformedInput, Unavailable) as refused:
        say(f"grey target: not measured: {refused}")
        return False
    say(_OWN)
    say(f"grey target: {_result(field.reasons)}, {_against(field)}")
    say(
        f"  uniformity {field.together.uniformity:.2f}, {field.cct_k:.0f} K, "
        f"Duv {field.duv:+.4f} (McCamy {field.quick_cct_k:.0f} K)"
    )
    for each in field.drift:
        say(f"  zone {each.zone}: light {each.level:+.1%}, field {each.pattern:.1%} from baseline")
    return _said(field.reasons, say)


def _against(field: LightFieldRecord) -> str:
    if field.baseline is not None:
        return f"baseline {field.baseline}"
    # Only what passed becomes the baseline, and only when the service records it.
    return "without a baseline" if field.reasons else "this is the baseline once it is recorded"


def _colour(station: Station, say: Tell) -> bool:
    try:
        colour = station.calibrate_colour(limits=DEFAULT_COLOUR_LIMITS)
    except (RuleViolation, MalformedInput) as refused:
        # Light and geometry were stated before and stay stated.
        say(f"colour: not calibrated: {refused}")
        return False
    say(_OWN)
    say(f"colour: {_result(colour.reasons)}, {colour.method}, chart {colour.chart.serial}")
    say(
        f"  mean difference {colour.mean_before:.2f} dE00 before, {colour.mean_after:.2f} after, "
        f"{colour.held_out_mean:.2f} held out, worst {colour.worst_after:.2f}"
    )
    return _said(colour.reasons, say)


def _check(station: Station, say: Tell) -> bool:
    check = station.check_in_field(limits=_limits(station, say))
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
