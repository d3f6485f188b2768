"""Depth of accepted stereo pairs: with which calibration, with which flags, or why not."""

from dataclasses import replace

import numpy as np
import pytest

from adapters.imaging import depth as maps
from adapters.imaging import measures
from adapters.imaging.depth_completeness import measure_completeness
from adapters.imaging.looks import as_window
from adapters.imaging.mesh_files import mesh_from_ply
from domain.errors import MalformedInput
from domain.events.capture_session import (
    AttemptMeasured,
    DepthReconstructed,
    OutputWithheld,
    SurfaceReconstructed,
)
from domain.events.equipment import CalibrationInvalidated
from domain.events.record import Record
from domain.policies import ReconstructDepth
from domain.rules import surface as surfaces
from domain.values.actor import Actor
from domain.values.capture import Prompts
from domain.values.identifiers import SessionId
from tests.adapters.imaging import scenes
from tests.adapters.workers import frames
from tests.adapters.workers.clinic_day import ClinicDay
from tests.builders import CALIBRATION, DEVICE, OPERATOR, SUBJECT
from tests.event_builders import a_session_opened


@pytest.mark.verifies("REQ-IN-021", "REQ-IN-129")
def test_the_stored_depth_map_is_that_of_the_frames(day: ClinicDay) -> None:
    session = day.open_session()
    day.submit(session)
    day.work()
    (made,) = (each for each in day.events(session.stream) if isinstance(each, DepthReconstructed))
    stored = b"".join(day.blobs.read(made.depth.digest, key=f"subject:{SUBJECT}"))
    found = maps.decode_depth(stored)
    true_mm = scenes.true_depth_mm(frames.SCENE)[::2, ::2][: found.valid.shape[0]]
    difference = abs(found.depth_mm - true_mm)[found.valid]
    assert float(sorted(difference)[len(difference) // 2]) < 0.5
    # Of the whole face that was measured, however small the hole is that a gate names.
    (measured,) = (each for each in day.events(session.stream) if isinstance(each, AttemptMeasured))
    regions = {each.name: each.region for each in measured.measurements}
    face, hole = regions["face_found"], regions["depth_completeness"]
    assert face is not None
    assert hole != face
    assert made.completeness == measure_completeness(found, as_window(face)).share
    assert 0.5 < made.completeness <= 1
    assert made.algorithm == maps.METHOD
    assert "step_px=2" in made.settings


@pytest.mark.verifies("REQ-IN-129", "DRV-17")
def test_the_surface_is_recorded_with_its_depth_and_how_sure_it_is(day: ClinicDay) -> None:
    session = day.open_session()
    day.submit(session)
    day.work()
    events = day.events(session.stream)
    (depth,) = (each for each in events if isinstance(each, DepthReconstructed))
    (made,) = (each for each in events if isinstance(each, SurfaceReconstructed))
    key = f"subject:{SUBJECT}"
    found = maps.decode_depth(
        b"".join(day.blobs.read(depth.depth.digest, key=key)),
        sigma=b"".join(day.blobs.read(made.uncertainty.digest, key=key)),
    )
    assert made.depth == depth.depth.digest
    assert np.array_equal(np.isfinite(found.sigma_mm), found.valid)
    assert made.sigma_median_mm == pytest.approx(np.nanmedian(found.sigma_mm), abs=1e-4)
    mesh = mesh_from_ply(b"".join(day.blobs.read(made.mesh.digest, key=key)))
    assert f"mesh_step_px={mesh.step_px}" in made.settings
    assert len(mesh.triangles) > 1000


def test_a_step_that_died_between_depth_and_surface_goes_on_with_the_surface(
    day: ClinicDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = day.open_session()
    attempt = day.submit(session)
    calling = _judged(day, session)
    step = ReconstructDepth(session=session, attempt=attempt)
    with monkeypatch.context() as broken:
        broken.setattr(surfaces, "record_surface", lambda *_: ())
        assert [each.name for each in day.workers().take(step, calling)] == ["DepthReconstructed"]
    assert [each.name for each in day.workers().take(step, calling)] == ["SurfaceReconstructed"]
    assert not day.workers().take(step, calling)


def test_depth_of_an_older_method_gets_no_surface_afterwards(
    day: ClinicDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = day.open_session()
    attempt = day.submit(session)
    calling = _judged(day, session)
    step = ReconstructDepth(session=session, attempt=attempt)
    with monkeypatch.context() as older:
        older.setattr(surfaces, "record_surface", lambda *_: ())
        older.setattr(maps, "encode_depth", lambda _: b"another map")
        day.workers().take(step, calling)
    assert not day.workers().take(step, calling)


def test_a_pair_that_does_not_fit_gives_no_depth_and_says_why(
    day: ClinicDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = day.open_session()
    attempt = day.submit(session)
    calling = _judged(day, session)

    def refuse(*_: object, **__: object) -> maps.DepthMap:
        raise MalformedInput("depth.epipolar: matches lie off their rows. Check the sides.")

    monkeypatch.setattr(maps, "reconstruct", refuse)
    made = day.workers().take(ReconstructDepth(session=session, attempt=attempt), calling)
    (withheld,) = (each.event for each in made)
    assert isinstance(withheld, OutputWithheld)
    assert (withheld.output, withheld.rule) == ("depth-map", "depth.pair")
    assert "off their rows" in withheld.evidence
    assert not day.workers().take(ReconstructDepth(session=session, attempt=attempt), calling)


@pytest.mark.verifies("REQ-IN-046", "REQ-IN-123")
def test_a_calibration_found_defective_since_gives_no_depth_and_says_so(day: ClinicDay) -> None:
    session = day.open_session()
    attempt = day.submit(session)
    calling = _judged(day, session)
    day.record(
        DEVICE.stream,
        CalibrationInvalidated(calibration=CALIBRATION, reason="the rig was dropped"),
        by=Actor.practitioner(OPERATOR),
    )
    made = day.workers().take(ReconstructDepth(session=session, attempt=attempt), calling)
    (withheld,) = (each.event for each in made)
    assert isinstance(withheld, OutputWithheld)
    assert (withheld.output, withheld.rule) == ("depth-map", "depth.locked-calibration")
    assert "the rig was dropped" in withheld.evidence
    assert not day.workers().take(ReconstructDepth(session=session, attempt=attempt), calling)


Measured = dict[measures.Measure, float | None]
PLAIN = Prompts(
    hair_back=True, glasses_off=True, makeup="none", neutral_expression=True, rest_cleaned=True
)


@pytest.mark.parametrize(
    ("prompts", "measured", "flag"),
    [
        pytest.param(
            PLAIN,
            {measures.STEREO_CORRESPONDENCE: 0.3},
            "little-texture",
            marks=pytest.mark.verifies("REQ-IN-145"),
        ),
        pytest.param(
            PLAIN,
            {measures.STEREO_CORRESPONDENCE: None},
            "little-texture",
            marks=pytest.mark.verifies("REQ-IN-145"),
        ),
        pytest.param(
            replace(PLAIN, hair_back=False),
            {},
            "hair-not-held-back",
            marks=pytest.mark.verifies("REQ-IN-146"),
        ),
        pytest.param(
            replace(PLAIN, glasses_off=False),
            {},
            "face-partly-occluded",
            marks=pytest.mark.verifies("REQ-IN-147"),
        ),
        pytest.param(
            PLAIN,
            {measures.DEPTH_COMPLETENESS: 0.6},
            "face-partly-occluded",
            marks=pytest.mark.verifies("REQ-IN-147"),
        ),
        pytest.param(
            replace(PLAIN, neutral_expression=False),
            {},
            "expression-not-neutral",
            marks=pytest.mark.verifies("REQ-IN-148"),
        ),
        pytest.param(
            replace(PLAIN, makeup="light"),
            {},
            "makeup-present",
            marks=pytest.mark.verifies("REQ-IN-149"),
        ),
        pytest.param(
            PLAIN,
            {measures.CLIPPED_SHARE: 0.01},
            "specular-reflection",
            marks=pytest.mark.verifies("REQ-IN-150"),
        ),
        pytest.param(
            PLAIN,
            {measures.FACE_ROLL: -8.0},
            "poor-alignment",
            marks=pytest.mark.verifies("REQ-IN-151"),
        ),
        pytest.param(PLAIN, {}, None),
    ],
)
def test_what_limits_depth_is_flagged_on_the_depth_itself(
    day: ClinicDay,
    prompts: Prompts,
    measured: Measured,
    flag: str | None,
) -> None:
    session = _open(day, prompts)
    attempt = day.submit(session)
    calling = _judged(day, session, measured)
    made, _ = day.workers().take(ReconstructDepth(session=session, attempt=attempt), calling)
    assert isinstance(made.event, DepthReconstructed)
    assert made.event.quality_flags == (() if flag is None else (flag,))


def _open(day: ClinicDay, prompts: Prompts) -> SessionId:
    session = SessionId.derived("test", "first")
    opened = replace(a_session_opened(), session=session, prompts=prompts)
    day.record(session.stream, opened, by=Actor.practitioner(OPERATOR), subject=SUBJECT)
    return session


GOOD: Measured = {
    measures.STEREO_CORRESPONDENCE: 0.9,
    measures.DEPTH_COMPLETENESS: 0.9,
    measures.CLIPPED_SHARE: 0.0,
    measures.FACE_ROLL: 0.5,
    measures.FACE_OFFSET_ACROSS: 1.0,
    measures.FACE_OFFSET_DOWN: 2.0,
}


def _judged(day: ClinicDay, session: SessionId, changed: Measured | None = None) -> Record:
    values: Measured = {**GOOD, **(changed or {})}
    return day.accept(
        session, tuple(measure.of(value) for measure, value in values.items() if value is not None)
    )
