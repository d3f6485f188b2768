"""Checks of a station, calculated again from the corners and pictures that were kept of them.

Rules kept here:

1. The whole result is calculated again, verdict and words included, and compared as a whole.
2. What a station measured otherwise, such as the current of a zone, is taken from the result.
3. A result counts as reproduced within ``RELATIVE`` of every number, with the same verdict and as
   many reasons; a verdict that changed is a difference, however small the number's.
4. A check that kept only its result holds nothing to repeat and is passed over.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Final

from adapters.imaging import calibrate_colour, calibrate_light, field_check, light_field
from adapters.imaging.board_corners import decode_corners
from adapters.imaging.calibration import calibration_from_bytes
from adapters.imaging.determinism import platform_digest
from adapters.imaging.measured_pictures import Pictures, read_pictures
from adapters.inference.reproduction import Outcome
from adapters.repeating.calibrations import stated_calibration
from adapters.repeating.repeated import Repeated, outcome_of, said
from adapters.workbench import Workbench
from domain.errors import MalformedInput, NotFound
from domain.events.codec import Plain, to_plain
from domain.events.equipment import (
    ColourCalibrated,
    FieldCheckPerformed,
    IlluminationCalibrated,
    LightFieldMeasured,
)
from domain.events.record import Record
from domain.values.check_basis import (
    ColourBasis,
    FieldCheckBasis,
    IlluminationBasis,
    LightFieldBasis,
    MeasuredPicture,
)
from domain.values.content import Digest
from domain.values.light_field import LightFieldRecord

FIELD_CHECK: Final = "field-check"
ILLUMINATION: Final = "illumination"
LIGHT_FIELD: Final = "light-field"
COLOUR: Final = "colour"
RELATIVE: Final = 1e-6
_NOTHING: Final = 1e-9
_WORDS: Final = frozenset({"reasons", "evidence"})

Basis = FieldCheckBasis | IlluminationBasis | LightFieldBasis | ColourBasis


def repeat_field_check(
    bench: Workbench, record: Record, event: FieldCheckPerformed
) -> Repeated | None:
    """Check a calibration again with the corners that were seen; none when none were kept."""
    basis = event.basis
    if basis is None:
        return None
    changed = list(_changed(basis, field_check.METHOD))
    if basis.method != field_check.METHOD:
        return _not_run(record, FIELD_CHECK, changed)
    stated = stated_calibration(bench, record.stream, event.calibration)
    parameters = bench.content(stated.parameters.digest, key=bench.clinic_key)
    corners = bench.content(basis.corners.digest, key=bench.clinic_key)
    changed.extend(
        f"input:{name}"
        for name, content, digest in (
            ("parameters", parameters, stated.parameters.digest),
            ("corners", corners, basis.corners.digest),
        )
        if Digest.of(content) != digest
    )
    views, (width, height) = decode_corners(corners)
    if len(views) != 1:
        message = f"a field check rests on one view of the target, not on {len(views)}"
        raise MalformedInput(message)
    known = calibration_from_bytes(parameters)
    known.require_size(width=width, height=height)
    again = field_check.field_check(
        known, views[0], basis, calibration=event.calibration, performed_at=event.performed_at
    )
    return _compared(record, FIELD_CHECK, changed, before=event, now=again)


def repeat_illumination(
    bench: Workbench, record: Record, event: IlluminationCalibrated
) -> Repeated | None:
    """Calibrate the light again with the kept pictures; none when only the result was kept."""
    basis, made = event.basis, event.illumination
    if basis is None:
        return None
    changed = list(_changed(basis, calibrate_light.METHOD))
    now = calibrate_light.TOLERANCES
    if (basis.exposure_tolerance, basis.zone_tolerance, basis.cct_tolerance_k) != now:
        changed.append("settings")
    if basis.method != calibrate_light.METHOD:
        return _not_run(record, ILLUMINATION, changed)
    again = calibrate_light.illumination_record(
        _pictures(bench, basis.pictures, changed),
        basis,
        currents_ma={each.zone: each.current_ma for each in made.zones},
        performed_at=made.performed_at,
    )
    return _compared(record, ILLUMINATION, changed, before=made, now=again)


def repeat_light_field(
    bench: Workbench, record: Record, event: LightFieldMeasured
) -> Repeated | None:
    """Measure the light field again on the kept pictures; none when only the result was kept."""
    basis, made = event.basis, event.field
    if basis is None:
        return None
    changed = list(_changed(basis, light_field.METHOD))
    if basis.unevenness != light_field.UNEVENNESS:
        changed.append("settings")
    if basis.method != light_field.METHOD:
        return _not_run(record, LIGHT_FIELD, changed)
    again = light_field.light_field_record(
        _pictures(bench, basis.pictures, changed),
        basis,
        target=made.target,
        baseline=_baseline(bench, record, made),
        limits=made.limits,
        performed_at=made.performed_at,
    )
    return _compared(record, LIGHT_FIELD, changed, before=made, now=again)


def repeat_colour(bench: Workbench, record: Record, event: ColourCalibrated) -> Repeated | None:
    """Calibrate the colours again with the kept pictures; none when only the result was kept."""
    basis, made = event.basis, event.colour
    if basis is None:
        return None
    changed = list(_changed(basis, calibrate_colour.METHOD))
    if basis.method != calibrate_colour.METHOD:
        return _not_run(record, COLOUR, changed)
    again = calibrate_colour.colour_record(
        _pictures(bench, basis.pictures, changed),
        chart=made.chart,
        camera=made.camera,
        limits=made.limits,
        performed_at=made.performed_at,
    )
    return _compared(record, COLOUR, changed, before=made, now=again)


def _pictures(bench: Workbench, stated: Iterable[MeasuredPicture], changed: list[str]) -> Pictures:
    """Return the kept pictures, and name those that are not what was stated."""
    kept = [(each, bench.content(each.content.digest, key=bench.clinic_key)) for each in stated]
    changed.extend(
        f"input:{each.shows}" for each, content in kept if Digest.of(content) != each.content.digest
    )
    return read_pictures(kept)


def _baseline(bench: Workbench, record: Record, made: LightFieldRecord) -> LightFieldRecord | None:
    """Return the baseline that a light field was compared with, from the same stream before it."""
    if made.baseline is None:
        return None
    before = [
        each.event.field
        for each in bench.log.stream(record.stream)
        if each.version < record.version
        and isinstance(each.event, LightFieldMeasured)
        and each.event.field.baseline is None
        and each.event.field.performed_at == made.baseline
    ]
    if not before:
        message = f"no light field of {made.baseline} is recorded that could be the baseline"
        raise NotFound(message)
    return before[-1]


def _changed(basis: Basis, method: str) -> Iterator[str]:
    if basis.method != method:
        yield "method"
    if basis.platform != Digest(platform_digest()):
        yield "platform"


def _not_run(record: Record, what: str, changed: Iterable[str]) -> Repeated:
    return Repeated(
        seq=record.seq,
        what=what,
        of=record.stream,
        outcome=Outcome.DIFFERENT,
        evidence=said(changed, "not run"),
    )


def _compared(
    record: Record, what: str, changed: Iterable[str], *, before: object, now: object
) -> Repeated:
    was, since = to_plain(before), to_plain(now)
    off = sorted(_differing(was, since))
    # Words follow from numbers: other words of the same numbers are no matter of tolerance.
    close = bool(set(off) - _WORDS) and _close(was, since)
    return Repeated(
        seq=record.seq,
        what=what,
        of=record.stream,
        outcome=outcome_of(identical=not off, close=close),
        evidence=said(changed, f"{', '.join(off)} differ" if off else "result bit-identical"),
    )


def _differing(before: Plain, now: Plain) -> Iterator[str]:
    """Name the parts of a result that are not the same."""
    if isinstance(before, dict) and isinstance(now, dict):
        yield from (name for name in before if before[name] != now[name])


def _close(before: Plain, now: Plain) -> bool:
    """Return whether two results say the same within tolerance; words follow from the numbers."""
    match before, now:
        case dict(), dict():
            return all(
                _as_many(before[name], now[name])
                if name in _WORDS
                else _close(before[name], now[name])
                for name in before
            )
        case list(), list():
            return len(before) == len(now) and all(map(_close, before, now))
        case float(), float():
            return math.isclose(before, now, rel_tol=RELATIVE, abs_tol=_NOTHING)
        case _:
            return before == now


def _as_many(before: Plain, now: Plain) -> bool:
    return not isinstance(before, list) or not isinstance(now, list) or len(before) == len(now)
