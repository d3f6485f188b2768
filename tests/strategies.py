"""Hypothesis strategies for values and events, made from their type hints.

A new event or value needs nothing here unless its constructor refuses something: then its range
stands in ``RANGES`` or the relation between its fields in ``RELATIONS``.
"""

import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from domain.events.codec import to_plain
from domain.events.names import EVENTS, NAME_OF, Event
from domain.events.record import Attestation, Draft, StoredBlob
from domain.ledger import canonical
from domain.values.actor import Actor
from domain.values.calibration import CalibrationRecord, IlluminationRecord, LightZone
from domain.values.capture import CameraSettings
from domain.values.check_basis import (
    ColourBasis,
    IlluminationBasis,
    LightFieldBasis,
    ReferenceLevel,
)
from domain.values.claim import ClaimContent, ClaimScope, RegionLimits, StudyEvidence
from domain.values.colour import ColourRecord
from domain.values.comparability import ComparabilityVerdict, PairLimits
from domain.values.content import CaptureView, ContentReference, Digest, ImageReference
from domain.values.facial_region import FacialRegion
from domain.values.finding import Finding
from domain.values.identifiers import (
    ClinicId,
    DeviceId,
    Identifier,
    PractitionerId,
    SessionId,
    StreamName,
)
from domain.values.light_field import LightFieldRecord, ZoneField
from domain.values.protocol import ProtocolContent
from domain.values.quality import Limit, QualityVerdict, Region
from domain.values.study import EVERYBODY, StudyLimit, StudyPlan
from domain.values.time import LATEST_US, DeviceTime, Instant, ServerTime
from domain.values.volume_change import ChangeVerdict, RegionChange, Uncertainty

SAFE = canonical.MAX_SAFE_INTEGER

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
words = st.from_regex(r"[a-z][a-z-]{0,8}", fullmatch=True)
numbers = st.floats(allow_nan=False, allow_infinity=False)
not_negative = st.floats(0, 1e9)
shares = st.floats(0, 1)
whole = st.integers(1, SAFE)

_DAY_US = 86_400_000_000

RANGES: dict[tuple[type, str], st.SearchStrategy[Any]] = {
    (ZoneField, "levels"): st.lists(
        st.tuples(st.floats(1e-3, 1.0), st.floats(1e-3, 1.0)), min_size=1, max_size=3
    ).map(tuple),
    (ContentReference, "size_bytes"): whole,
    (ContentReference, "media_type"): st.sampled_from(["image/png", "application/pdf"]),
    (ImageReference, "width_px"): st.integers(1, 16384),
    (ImageReference, "height_px"): st.integers(1, 16384),
    (Region, "x_px"): st.integers(0, SAFE),
    (Region, "y_px"): st.integers(0, SAFE),
    (Region, "width_px"): whole,
    (Region, "height_px"): whole,
    (LightZone, "pwm"): shares,
    (ReferenceLevel, "level"): st.floats(1e-3, 1.0),
    (CameraSettings, "exposure_us"): st.floats(1.0, 1e6),
    (LightZone, "current_ma"): not_negative,
    (LightZone, "level"): not_negative,
    (CalibrationRecord, "reprojection_error_px"): not_negative,
    (CalibrationRecord, "epipolar_error_px"): not_negative,
    (CalibrationRecord, "baseline_mm"): st.floats(0.1, 1e6),
    (CalibrationRecord, "performed_at"): st.builds(DeviceTime, st.integers(0, LATEST_US - 1)),
    (ColourRecord, "performed_at"): st.builds(DeviceTime, st.integers(0, LATEST_US - _DAY_US)),
    (Finding, "confidence"): shares,
    (ClaimContent, "least_coverage"): st.floats(0.01, 1),
    (RegionChange, "coverage"): shares,
    (StudyPlan, "fewest_cases"): st.integers(2, SAFE),
    (StudyLimit, "stratum"): st.just(EVERYBODY),
}

Fields = dict[str, Any]


def _verdict(given: Fields) -> Fields:
    return given | {"acceptable": not given["reasons"]}


def _passed(given: Fields) -> Fields:
    return given | {"passed": not given["reasons"]}


def _calibration(given: Fields) -> Fields:
    performed, until = given["performed_at"].us, given["valid_until"].us
    return _passed(given) | {"valid_until": DeviceTime(max(until, performed + 1))}


def _limit(given: Fields) -> Fields:
    low, high = given["minimum"], given["maximum"]
    if low is None and high is None:
        low = 0.0
    elif low is not None and high is not None:
        low, high = sorted((low, high))
    return given | {"minimum": low, "maximum": high}


def _finding(given: Fields) -> Fields:
    value, unit = given["value"], given["unit"]
    if (value is None) != (unit is None):
        value, unit = None, None
    uncertainty, factor = given["uncertainty"], given["coverage_factor"]
    if (uncertainty is None) != (factor is None):
        uncertainty, factor = None, None
    text = given["text"] or "" if value is None else given["text"]
    return given | {
        "value": value,
        "unit": unit,
        "uncertainty": uncertainty,
        "coverage_factor": factor,
        "text": text,
    }


def _protocol(given: Fields) -> Fields:
    def once(things: tuple[Any, ...], name: str) -> tuple[Any, ...]:
        return tuple({getattr(each, name): each for each in things}.values())

    return given | {
        "views": once(given["views"], "view"),
        "limits": once(given["limits"], "name"),
        "station_limits": once(given["station_limits"], "name"),
    }


def _study(given: Fields) -> Fields:
    return given | {name: max(1, given[name]) for name in ("subjects", "captures")}


def _region_limits(given: Fields) -> Fields:
    spread = _above_0(given["test_retest_sd"])
    least = 2 * spread
    return given | {
        "test_retest_sd": spread,
        "minimum_detectable_change": max(least, _above_0(given["minimum_detectable_change"])),
        "repeatability_limit": max(least, _above_0(given["repeatability_limit"])),
    }


def _scope(given: Fields) -> Fields:
    models = tuple(each or "?" for each in given["device_models"]) or ("?",)
    return given | {"device_models": models, "population": f"adults{given['population']}"}


def _claim(given: Fields) -> Fields:
    regions = tuple({each.region: each for each in given["regions"]}.values())
    example = RegionLimits(
        region=FacialRegion.CHIN,
        minimum_detectable_change=2.0,
        repeatability_limit=2.0,
        bias=0.0,
        test_retest_sd=1.0,
    )
    named = {name: given[name] or "?" for name in ("output", "algorithm", "unit")}
    above = {name: _above_0(given[name]) for name in ("accuracy_target", "largest_residual_mm")}
    return given | named | above | {"regions": regions or (example,)}


def _pair_limits(given: Fields) -> Fields:
    above = {name: _above_0(value) for name, value in given.items()}
    return above | {"exposure_ratio": 1 + above["exposure_ratio"]}


def _comparability(given: Fields) -> Fields:
    return given | {"comparable": all(each.within for each in given["differences"])}


def _uncertainty(given: Fields) -> Fields:
    return {name: _above_0(value) for name, value in given.items()}


def _region_change(given: Fields) -> Fields:
    withheld = given["verdict"] is ChangeVerdict.WITHHELD
    verdict = given["verdict"] if withheld else ChangeVerdict.NONE_DETECTABLE
    return given | {"verdict": verdict, "reason": f"because {given['reason']}" * withheld}


def _above_0(value: float) -> float:
    return min(max(abs(value), 1e-3), 1e6)


def _colour(given: Fields) -> Fields:
    names = ("mean_before", "mean_after", "worst_after", "held_out_mean")
    differences = {name: _above_0(given[name]) for name in names}
    later = given["performed_at"].plus(timedelta(days=1))
    return _passed(given) | differences | {"valid_until": later}


def _held(given: Fields) -> Fields:
    exposure_us = given["held"].exposure_us
    pictures = tuple(replace(each, exposure_us=exposure_us) for each in given["pictures"])
    return given | {"pictures": pictures}


RELATIONS: dict[type, Callable[[Fields], Fields]] = {
    IlluminationBasis: _held,
    LightFieldBasis: _held,
    ColourBasis: _held,
    QualityVerdict: _verdict,
    CalibrationRecord: _calibration,
    IlluminationRecord: _passed,
    ColourRecord: _colour,
    LightFieldRecord: _passed,
    Limit: _limit,
    Finding: _finding,
    StudyLimit: _limit,
    ProtocolContent: _protocol,
    StudyEvidence: _study,
    RegionLimits: _region_limits,
    ClaimScope: _scope,
    ClaimContent: _claim,
    PairLimits: _pair_limits,
    ComparabilityVerdict: _comparability,
    Uncertainty: _uncertainty,
    RegionChange: _region_change,
}


_NEVER_EMPTY: dict[type, tuple[str, ...]] = {
    ProtocolContent: ("views",),
    StudyPlan: ("limits",),
    IlluminationBasis: ("reference_levels",),
}


def values(kind: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - driven by type hints
    """Return a strategy for whatever a field of an event may hold."""
    return _values(kind)


@cache
def _values(kind: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - driven by type hints
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        (inner,) = (each for each in get_args(kind) if each is not types.NoneType)
        return st.none() | values(inner)
    if origin is tuple:
        return st.lists(values(get_args(kind)[0]), max_size=2).map(tuple)
    if not is_dataclass(kind) or issubclass(cast("type", kind), Instant):
        return _scalars(kind)
    return _objects(cast("type", kind))


def _scalars(kind: type) -> st.SearchStrategy[Any]:
    if issubclass(kind, StrEnum):
        return st.sampled_from(kind)
    if issubclass(kind, Identifier):
        return st.uuids().map(str).map(kind)
    if issubclass(kind, Instant):
        return st.builds(kind, st.integers(0, LATEST_US))
    return {
        bool: st.booleans(),
        int: st.integers(-SAFE, SAFE),
        float: numbers,
        str: texts,
        Digest: st.binary(min_size=32, max_size=32).map(Digest.from_raw),
        CaptureView: words.map(CaptureView),
        StreamName: st.uuids().map(lambda each: SessionId(str(each)).stream),
    }[kind]


def _objects(kind: type) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    drawn = {
        each.name: RANGES[kind, each.name]
        if (kind, each.name) in RANGES
        else values(hints[each.name])
        for each in fields(kind)
    }
    for field in _NEVER_EMPTY.get(kind, ()):
        some = st.lists(values(get_args(hints[field])[0]), min_size=1, max_size=2)
        drawn[field] = some.map(tuple)
    return st.fixed_dictionaries(drawn).map(lambda given: related(kind, given))


def related(kind: type, given: Fields) -> Any:  # noqa: ANN401 - an object of ``kind``
    """Return the object that has these fields, made to agree with one another."""
    return kind(**RELATIONS.get(kind, dict)(given))


def events(*kinds: type[Event]) -> st.SearchStrategy[Event]:
    """Return a strategy for events of these kinds, or of every kind there ever was."""
    return st.sampled_from(kinds or tuple(EVENTS.values())).flatmap(values)


identifiers = st.uuids().map(str)
actors = st.one_of(
    st.builds(Actor.practitioner, identifiers.map(PractitionerId)),
    st.builds(Actor.device, identifiers.map(DeviceId)),
    st.builds(Actor.service, st.sampled_from(["inference", "quality"])),
)
stored_blobs = st.builds(
    StoredBlob,
    content=values(Digest),
    name=st.binary(min_size=32, max_size=32),
    stored_digest=st.binary(min_size=32, max_size=32),
    size_bytes=whole,
)


@st.composite
def drafts(
    draw: st.DrawFn, *, stream: StreamName, version: int, clinic: ClinicId, event: Event
) -> Draft:
    """Draw a draft of an event with everything that may surround it."""
    return Draft(
        stream=stream,
        expected_version=version,
        event=event,
        key=f"clinic:{clinic}",
        actor=draw(actors),
        correlation=draw(identifiers),
        causation=draw(st.none() | st.integers(0, SAFE)),
        idempotency_key=draw(st.none() | identifiers),
        received_at=draw(st.none() | values(ServerTime)),
        blobs=tuple(draw(st.lists(stored_blobs, max_size=2))),
        attestation=draw(st.none() | attestations(event)),
    )


def attestations(event: Event) -> st.SearchStrategy[Attestation]:
    """Return a strategy for what a device could say about an event; signatures are not real."""
    return st.builds(
        Attestation,
        device=identifiers.map(DeviceId),
        schema=st.just(NAME_OF[type(event)][1]),
        sequence=st.integers(0, (1 << 63) - 1),
        device_time=values(DeviceTime),
        salt=st.binary(min_size=32, max_size=32),
        payload=st.just(canonical.encode(to_plain(event))),
        signature=st.binary(min_size=1, max_size=72),
    )
