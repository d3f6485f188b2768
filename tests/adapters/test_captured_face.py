"""The face mesh is run first, stored, read by others, repeated bit for bit, and refused rightly."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.captured_face import read_face_mesh, read_regions
from adapters.captures import read_capture
from adapters.imaging.decode import decode
from adapters.imaging.face_mesh import find_face_mesh
from adapters.inference.face_mesh_analysis import FaceMeshAnalysis
from adapters.repeating.recording import reproduce_inference
from domain.events.inference import (
    InferenceCompleted,
    InferenceFailed,
    InferenceRequested,
    ReproductionChecked,
)
from domain.events.record import Record
from domain.policies import RequestInferences, RunInference
from domain.values.actor import Actor
from domain.values.facial_region import FacialRegion
from domain.values.identifiers import AttemptId, InferenceId, ReleaseId, SessionId
from tests.adapters.imaging import scenes
from tests.adapters.imaging.photographs import photograph
from tests.adapters.workers import frames
from tests.adapters.workers.clinic_day import ClinicDay, clinic_day
from tests.builders import QUALITY_MANAGER

WIDTH, HEIGHT = frames.SCENE.width, frames.SCENE.height


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClinicDay]:
    """Return a clinic with its station, its client and its skin-colour model."""
    with clinic_day(tmp_path) as opened:
        yield opened


def _fitted(picture: NDArray[np.uint8]) -> bytes:
    resized = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return scenes.png(np.asarray(resized, np.uint8))


@cache
def face() -> bytes:
    """Return the real photograph in the size of the drawn frames."""
    return _fitted(np.ascontiguousarray(photograph("astronaut.png")[:, 32:416]))


@cache
def two_faces() -> bytes:
    """Return a picture of two faces."""
    one = photograph("astronaut.png")[20:276, 128:320]
    return _fitted(np.ascontiguousarray(np.vstack([one, one])))


def _requested(day: ClinicDay, picture: bytes) -> tuple[SessionId, AttemptId, tuple[Record, ...]]:
    """Return the runs that are called for on an attempt accepted without being measured."""
    session = day.open_session()
    attempt = day.submit(session, pictures=(picture, frames.pair()[1]))
    step = RequestInferences(session=session, attempt=attempt)
    return session, attempt, day.workers().take(step, day.accept(session))


def _run(day: ClinicDay, request: Record) -> Record:
    step = RunInference(inference=InferenceId.of_stream(request.stream))
    (record,) = day.workers().take(step, request)
    return record


def _mesh_request(requests: tuple[Record, ...], release: ReleaseId) -> Record:
    return next(
        each
        for each in requests
        if isinstance(each.event, InferenceRequested) and each.event.release == release
    )


def test_the_mesh_is_called_for_before_whatever_reads_it(day: ClinicDay) -> None:
    release = day.release_analysis(FaceMeshAnalysis())
    _, _, requests = _requested(day, face())
    releases = [
        each.event.release for each in requests if isinstance(each.event, InferenceRequested)
    ]
    assert releases == [release, day.release]


@pytest.mark.verifies("REQ-IN-130", "DRV-18", "DRV-19")
def test_a_run_is_recorded_with_digests_and_its_mesh_is_read_by_others(day: ClinicDay) -> None:
    release = day.release_analysis(FaceMeshAnalysis())
    session, attempt, requests = _requested(day, face())
    completed = _run(day, _mesh_request(requests, release)).event
    assert isinstance(completed, InferenceCompleted)
    assert {each.name for each in completed.inputs} >= {"detector_image", "mesh_image"}
    assert {each.name for each in completed.outputs} >= {"mesh_points", "face_points_px"}
    assert [each.name for each in completed.artefacts] == ["facial-regions-map", "face-mesh"]
    assert not completed.findings

    capture = read_capture(day.bench(), session, attempt)
    mesh = read_face_mesh(day.bench(), capture)
    assert mesh is not None
    direct = find_face_mesh(decode(face(), declared_media_type="image/png").encoded)
    assert direct is not None
    assert mesh.to_bytes() == direct.to_bytes()
    regions = read_regions(day.bench(), capture, rows=HEIGHT, columns=WIDTH)
    assert set(regions) == set(FacialRegion)
    assert regions[FacialRegion.FOREHEAD].sum() > 500


def test_before_a_run_and_without_a_release_there_is_no_mesh(day: ClinicDay) -> None:
    day.release_analysis(FaceMeshAnalysis())
    session, attempt, _ = _requested(day, face())
    capture = read_capture(day.bench(), session, attempt)
    assert read_face_mesh(day.bench(), capture) is None
    assert read_regions(day.bench(), capture, rows=HEIGHT, columns=WIDTH) == {}


@pytest.mark.verifies("DRV-22")
@pytest.mark.parametrize(
    ("picture", "found"),
    [(frames.dark, "face.none: 0 faces"), (two_faces, "face.several: 2 faces")],
    ids=["no face", "two faces"],
)
def test_no_face_or_several_fail_the_run_with_the_reason(
    day: ClinicDay, picture: Callable[[], bytes], found: str
) -> None:
    release = day.release_analysis(FaceMeshAnalysis())
    session, attempt, requests = _requested(day, picture())
    failed = _run(day, _mesh_request(requests, release)).event
    assert isinstance(failed, InferenceFailed)
    assert failed.rule == "inference.input"
    assert found in failed.evidence
    assert read_face_mesh(day.bench(), read_capture(day.bench(), session, attempt)) is None


@pytest.mark.verifies("DRV-20")
def test_a_repeated_run_is_bit_identical(day: ClinicDay) -> None:
    release = day.release_analysis(FaceMeshAnalysis())
    _, _, requests = _requested(day, face())
    request = _mesh_request(requests, release)
    _run(day, request)
    record = reproduce_inference(
        day.bench(),
        InferenceId.of_stream(request.stream),
        actor=Actor.practitioner(QUALITY_MANAGER),
        correlation="repeat",
    )
    assert isinstance(record.event, ReproductionChecked)
    assert record.event.outcome == "identical"
    assert "nothing changed" in record.event.evidence
