"""Measurements, depth and surface of an attempt, made again from its stored pictures.

Rules kept here:

1. The calibration is the one that the record names, as it was known then; measurements that say
   nothing of the pair's agreement were made without.
2. A number counts as reproduced within ``RELATIVE_TOLERANCE`` of itself; depth within what its own
   comparison allows; a surface has no tolerance, because its triangles follow from every cell.
3. A word that was given to a measurement after the record is named, and is no difference.
4. A measurement is its value and method.  Where a record states all that was measured as its region
   and the repeat the part of it that failed, that is named, and is no difference; any other region
   than the recorded one is (decision 0046).
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from adapters.captures import Capture, read_capture, read_station
from adapters.imaging import depth as maps
from adapters.imaging.calibration import calibration_from_bytes
from adapters.imaging.decode import decode
from adapters.imaging.depth_mesh import STEEPEST, mesh_of
from adapters.imaging.depth_reproduction import RecordedDepth, reproduce_depth
from adapters.imaging.determinism import platform_digest
from adapters.imaging.face_measures import FACE_MEASURES
from adapters.imaging.measurement import measure_images
from adapters.imaging.measures import (
    BLANK_ROWS_SHARE,
    LATER,
    MEASURES,
    STEREO_CORRESPONDENCE,
)
from adapters.imaging.mesh_files import ply_bytes
from adapters.inference.reproduction import Outcome
from adapters.repeating.repeated import Repeated, outcome_of, said
from adapters.workbench import Workbench
from domain.events.capture_session import (
    AttemptMeasured,
    DepthReconstructed,
    SurfaceReconstructed,
)
from domain.events.record import Record
from domain.values.content import Digest
from domain.values.identifiers import AttemptId, SessionId
from domain.values.quality import QualityMeasurement, Region

MEASUREMENTS: Final = "measurements"
DEPTH: Final = "depth"
SURFACE: Final = "surface"
RELATIVE_TOLERANCE: Final = 1e-6
FINER: Final = frozenset(each.name for each in (*MEASURES, *FACE_MEASURES) if each.finer)
"""Words whose region is a part since; the first records state all that was measured."""


def repeat_measurements(bench: Workbench, record: Record, event: AttemptMeasured) -> Repeated:
    """Measure the stored pictures again."""
    capture = _capture(bench, record, event.attempt)
    contents = _pictures(bench, capture)
    before = _named(event.measurements)
    calibration = None
    if STEREO_CORRESPONDENCE.name in before and capture.attempt.calibration is not None:
        station = read_station(bench, capture, seq=record.seq)
        known = station.calibrations.get(capture.attempt.calibration)
        if known is not None and known.locked:
            parameters = bench.content(known.record.parameters.digest, key=bench.clinic_key)
            calibration = calibration_from_bytes(parameters)
    again = measure_images(*(decode(each) for each in contents), calibration=calibration)
    now, since = _told_apart(_named(again.measurements), before)
    now, finer = _as_told_then(now, before, again.wholes)
    off = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    methods = [
        f"method:{name}"
        for name in sorted(before.keys() & now.keys())
        if before[name].method != now[name].method
    ]
    changed = [*_inputs(contents, event.inputs), *methods, *_platform(event.platform)]
    close = all(_close(before.get(name), now.get(name)) for name in off)
    found = f"{len(now)} numbers identical" if not off else f"off: {', '.join(off)}"
    if since:
        found += f"; not measured then: {', '.join(since)}"
    if finer:
        found += f"; part of the picture not told then: {', '.join(finer)}"
    return Repeated(
        seq=record.seq,
        what=MEASUREMENTS,
        of=record.stream,
        outcome=outcome_of(identical=not off, close=close),
        evidence=said(changed, found),
    )


def repeat_depth(bench: Workbench, record: Record, event: DepthReconstructed) -> Repeated:
    """Reconstruct depth again."""
    capture = _capture(bench, record, event.attempt)
    left, right = _pictures(bench, capture)
    result = reproduce_depth(
        left,
        right,
        bench.content(event.inputs[-1], key=bench.clinic_key),
        RecordedDepth(
            content=bench.content(event.depth.digest, key=capture.key),
            algorithm=event.algorithm,
            settings=event.settings,
            inputs=event.inputs,
            platform=event.platform,
        ),
    )
    return Repeated(
        seq=record.seq,
        what=DEPTH,
        of=record.stream,
        outcome=outcome_of(identical=result.identical, close=result.close),
        evidence=result.evidence,
    )


def repeat_surface(bench: Workbench, record: Record, event: SurfaceReconstructed) -> Repeated:
    """Make mesh and uncertainty again, from the pictures on."""
    capture = _capture(bench, record, event.attempt)
    contents = _pictures(bench, capture)
    parameters = bench.content(event.inputs[-1], key=bench.clinic_key)
    changed = [*_inputs((*contents, parameters), event.inputs), *_platform(event.platform)]
    if event.algorithm not in maps.METHODS:
        return Repeated(
            seq=record.seq,
            what=SURFACE,
            of=record.stream,
            outcome=Outcome.DIFFERENT,
            evidence=said([*changed, "method"], "not run"),
        )
    left, right = (decode(each) for each in contents)
    calibration = calibration_from_bytes(parameters)
    depth = maps.reconstruct(left, right, calibration, method=event.algorithm)
    mesh = mesh_of(depth, calibration, left.encoded)
    settings = (
        *maps.settings_of(event.algorithm),
        f"mesh_step_px={mesh.step_px}",
        f"mesh_steepest={STEEPEST:g}",
    )
    if settings != event.settings:
        changed.append("settings")
    pairs = (
        ("mesh", ply_bytes(mesh), event.mesh.digest),
        ("uncertainty", maps.encode_sigma(depth), event.uncertainty.digest),
    )
    off = [name for name, content, before in pairs if Digest.of(content) != before]
    return Repeated(
        seq=record.seq,
        what=SURFACE,
        of=record.stream,
        outcome=outcome_of(identical=not off, close=False),
        evidence=said(
            changed, f"{' and '.join(off)} differ" if off else "mesh and uncertainty bit-identical"
        ),
    )


def _capture(bench: Workbench, record: Record, attempt: AttemptId) -> Capture:
    return read_capture(bench, SessionId.of_stream(record.stream), attempt)


def _pictures(bench: Workbench, capture: Capture) -> tuple[bytes, ...]:
    return tuple(bench.content(each, key=capture.key) for each in capture.attempt.digests)


def _named(measurements: tuple[QualityMeasurement, ...]) -> dict[str, QualityMeasurement]:
    return {each.name: each for each in measurements}


def _told_apart(
    now: dict[str, QualityMeasurement], before: dict[str, QualityMeasurement]
) -> tuple[dict[str, QualityMeasurement], list[str]]:
    """Return what can be compared, and the words that came later than the record."""
    since = sorted(LATER & (now.keys() - before.keys()))
    return {name: value for name, value in now.items() if name not in since}, since


def _as_told_then(
    now: dict[str, QualityMeasurement],
    before: dict[str, QualityMeasurement],
    wholes: tuple[Region, ...],
) -> tuple[dict[str, QualityMeasurement], list[str]]:
    """Return what is found now with regions as wide as recorded, and the words that are finer."""
    finer = [
        name
        for name in sorted(FINER & before.keys() & now.keys())
        if _is_part_of(
            now[name].region,
            before[name].region,
            (None,) if name == BLANK_ROWS_SHARE.name else wholes,
        )
    ]
    widened = {name: replace(now[name], region=before[name].region) for name in finer}
    return {**now, **widened}, finer


def _is_part_of(
    now: Region | None, before: Region | None, wholes: tuple[Region | None, ...]
) -> bool:
    """Return whether a region is a part of the same picture, where the record states the whole."""
    if now is None or now == before or before not in wholes:
        return False
    return before is None or before.frame == now.frame


def _inputs(contents: tuple[bytes, ...], before: tuple[Digest, ...]) -> Iterator[str]:
    known = [*before, *[None] * len(contents)]
    for name, content, digest in zip(
        ("left", "right", "calibration"), contents, known, strict=False
    ):
        if Digest.of(content) != digest:
            yield f"input:{name}"


def _platform(before: Digest) -> tuple[str, ...]:
    return () if before == Digest(platform_digest()) else ("platform",)


def _close(before: QualityMeasurement | None, now: QualityMeasurement | None) -> bool:
    if before is None or now is None:
        return False
    if (before.unit, before.method, before.region) != (now.unit, now.method, now.region):
        return False
    return math.isclose(before.value, now.value, rel_tol=RELATIVE_TOLERANCE)
