"""Depth and surfaces to take away: whole, as recorded or made of it, and every look recorded."""

import io
import zipfile
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

import cv2
import numpy as np
import pytest

from adapters.imaging.calibration import calibration_from_bytes
from adapters.imaging.decode import decode
from adapters.imaging.depth import METHOD, DepthMap, decode_depth, encode_depth, encode_sigma
from adapters.imaging.depth_mesh import Mesh, mesh_of, points_of
from adapters.imaging.mesh_files import PLY_TYPE, ply_bytes
from domain.events.equipment import CalibrationRecorded
from domain.events.record import StoredBlob
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import CalibrationId, SessionId, SubjectId
from tests.adapters.imaging import scenes
from tests.adapters.imaging.test_depth_mesh import mesh, plane
from tests.adapters.workers import frames
from tests.api.portal import Clinic, Person, Portal, lock_calibration
from tests.api.reporting import assessed, record
from tests.api.station import Station
from tests.builders import a_calibration_record
from tests.event_builders import a_depth, a_surface

MAP = b"\x89PNG\r\n\x1a\n and what follows"
REFERENCE = ContentReference(digest=Digest.of(MAP), size_bytes=len(MAP), media_type="image/png")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An attempt with depth and surface on record.

    Attributes:
        session: Its session.
        left: Digest of its left picture.
        depth: Digest of its depth map.
        surface: Digest of its surface.
    """

    session: str
    left: Digest
    depth: Digest
    surface: Digest


@cache
def reconstructed() -> tuple[DepthMap, Mesh]:
    """Return the exact depth of the drawn face, with a hole in it, and its surface."""
    depth_mm = scenes.true_depth_mm(frames.SCENE)[::2, ::2].astype(np.float32)
    depth_mm[(depth_mm < 300) | (depth_mm > 650)] = np.nan
    depth_mm[150:160, 100:110] = np.nan
    valid = np.isfinite(depth_mm)
    depth = DepthMap(
        depth_mm=depth_mm,
        valid=valid,
        step=2,
        method=METHOD,
        sigma_mm=np.where(valid, 0.02, np.nan).astype(np.float32),
    )
    left = decode(frames.pair()[0]).encoded
    return depth, mesh_of(depth, calibration_from_bytes(frames.parameters()), left)


def calibrated(station: Station, quality: Person) -> CalibrationId:
    """Have the station calibrated as its drawn pictures are, and locked."""
    assert station.put(frames.parameters()).status_code == 201
    station.calibration = CalibrationId.derived(str(station.device), "of the drawn pictures")
    made = replace(
        a_calibration_record(),
        calibration=station.calibration,
        performed_at=station.now(),
        valid_until=station.now().plus(timedelta(days=29)),
        parameters=reference(frames.parameters(), "application/json"),
    )
    assert not station.deliver(station.state(CalibrationRecorded(calibration=made)))["refused"]
    quality.portal.system.runner.catch_up()
    lock_calibration(quality, station, str(station.calibration))
    return station.calibration


def reference(content: bytes, media_type: str) -> ContentReference:
    """Return how content is referred to."""
    return ContentReference(
        digest=Digest.of(content), size_bytes=len(content), media_type=media_type
    )


def keep(portal: Portal, subject: SubjectId, content: bytes) -> StoredBlob:
    """Store content under a subject's key."""
    return portal.system.blobs.put(
        [content],
        key=f"subject:{subject}",
        expected=Digest.of(content),
        limit_bytes=len(content),
    )


@pytest.fixture
def taken(portal: Portal, clinic: Clinic, station: Station, session: str, manifest: str) -> Taken:
    """A captured stereo pair with its depth and surface, as the workers record them."""
    calibration = calibrated(station, portal.sign_in("quality"))
    assert not station.deliver(station.capture(session, manifest, frames.pair()))["refused"]
    (submitted,) = portal.events("AttemptSubmitted")
    depth, surface = reconstructed()
    contents = (encode_depth(depth), encode_sigma(depth), ply_bytes(surface))
    subject, stream = SubjectId(clinic.subject), SessionId(session).stream
    stored = [keep(portal, subject, each) for each in contents]
    of_depth = replace(
        a_depth(),
        attempt=submitted.attempt,
        calibration=calibration,
        depth=reference(contents[0], "image/png"),
        algorithm=METHOD,
        settings=("step_px=2", "unit_mm=0.01"),
    )
    of_surface = replace(
        a_surface(),
        attempt=submitted.attempt,
        depth=of_depth.depth.digest,
        uncertainty=reference(contents[1], "image/png"),
        mesh=reference(contents[2], PLY_TYPE),
    )
    version = len(tuple(portal.system.log.stream(stream)))
    record(portal, subject, stream, version, of_depth, stored[0])
    record(portal, subject, stream, version + 1, of_surface, *stored[1:])
    return Taken(
        session=session,
        left=submitted.frames[0].content.digest,
        depth=of_depth.depth.digest,
        surface=of_surface.mesh.digest,
    )


def looks(portal: Portal) -> list[str]:
    """Return what was looked at, in order."""
    return [each.resource for each in portal.events("RecordViewed")]


def heights_by_hand(stored: DepthMap, point_mm: list[float], normal: list[float]) -> scenes.Floats:
    """Return the height of every cell above a plane."""
    points = points_of(stored, calibration_from_bytes(frames.parameters())).astype(float)
    return np.asarray((points - np.array(point_mm)) @ np.array(normal))


@pytest.mark.verifies("REQ-IN-348", "REQ-IN-350", "REQ-IN-457", "DRV-30")
def test_a_surface_is_taken_with_its_photograph_and_both_looks_are_recorded(
    portal: Portal, taken: Taken
) -> None:
    practitioner = portal.sign_in("practitioner")
    path = f"/surfaces/{taken.surface}"
    answered = practitioner.get(path, session=taken.session, form="zip")

    assert answered.status_code == 200, answered.text
    assert answered.headers["content-type"] == "application/zip"
    name = f"surface-{taken.surface[7:19]}.zip"
    assert answered.headers["content-disposition"] == f'attachment; filename="{name}"'
    with zipfile.ZipFile(io.BytesIO(answered.content)) as archive:
        assert archive.namelist() == ["surface.obj", "surface.mtl", "surface.ply", "texture.png"]
        assert Digest.of(archive.read("texture.png")) == taken.left
    assert looks(portal) == [f"image:{each[7:19]}" for each in (taken.left, taken.surface)]
    seen = portal.records("RecordViewed")[-1].seq
    assert answered.headers["x-vultus-audit"] == str(seen)
    again = practitioner.get(path, session=taken.session, form="zip")
    assert again.content == answered.content


@pytest.mark.verifies("REQ-IN-348")
def test_the_photograph_has_at_every_point_the_colour_of_that_point(
    portal: Portal, taken: Taken
) -> None:
    answered = portal.sign_in("practitioner").get(
        f"/surfaces/{taken.surface}", session=taken.session, form="zip"
    )
    with zipfile.ZipFile(io.BytesIO(answered.content)) as archive:
        lines = archive.read("surface.obj").decode("ascii").splitlines()
        picture = cv2.imdecode(np.frombuffer(archive.read("texture.png"), np.uint8), 1)
    assert picture is not None
    places = np.array([line.split()[1:] for line in lines if line.startswith("vt ")], float)
    height, width = picture.shape[:2]
    x, y = places[:, 0] * width - 0.5, (1 - places[:, 1]) * height - 0.5
    # A point lies in the middle of four pixels, and its colour is their mean.
    left, top = np.rint(x - 0.5).astype(int), np.rint(y - 0.5).astype(int)
    assert np.abs(x - 0.5 - left).max() < 1e-3
    assert np.abs(y - 0.5 - top).max() < 1e-3
    four = [picture[top + down, left + right] for down in (0, 1) for right in (0, 1)]
    mean = np.mean(np.stack(four).astype(float), axis=0)[:, ::-1]
    _, surface = reconstructed()
    assert np.abs(mean - surface.colours).max() <= 0.5


@pytest.mark.verifies("REQ-IN-129", "REQ-IN-457", "DRV-30")
def test_heights_are_made_of_the_recorded_depth_above_the_plane_that_is_told(
    portal: Portal, taken: Taken
) -> None:
    practitioner = portal.sign_in("practitioner")
    path = f"/depth-maps/{taken.depth}"
    answered = practitioner.get(f"{path}/heights", session=taken.session)
    assert answered.status_code == 200, answered.text
    name = f"heights-{taken.depth[7:19]}.png"
    assert answered.headers["content-disposition"] == f'attachment; filename="{name}"'
    told = practitioner.get(f"{path}/plane", session=taken.session)
    seen = [each.seq for each in portal.records("RecordViewed")]
    assert [answered.headers["x-vultus-audit"], told.headers["x-vultus-audit"]] == [
        str(each) for each in seen
    ]
    assert looks(portal) == [f"image:{taken.depth[7:19]}"] * 2

    stored = decode_depth(encode_depth(reconstructed()[0]))
    by_hand = heights_by_hand(stored, **told.json())
    levels = cv2.imdecode(np.frombuffer(answered.content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert levels is not None
    assert np.array_equal(levels > 0, stored.valid)
    read = (levels.astype(float) - 32768) / 100
    assert read[stored.valid] == pytest.approx(by_hand[stored.valid], abs=0.006)
    assert f"depth map {taken.depth}".encode() in answered.content
    assert answered.content == practitioner.get(f"{path}/heights", session=taken.session).content


@pytest.mark.verifies("REQ-IN-129", "REQ-IN-457", "DRV-30")
def test_normals_are_made_of_the_recorded_depth(portal: Portal, taken: Taken) -> None:
    practitioner = portal.sign_in("practitioner")
    answered = practitioner.get(f"/depth-maps/{taken.depth}/normals", session=taken.session)
    name = f"normals-{taken.depth[7:19]}.png"
    assert answered.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert looks(portal) == [f"image:{taken.depth[7:19]}"]
    levels = cv2.imdecode(np.frombuffer(answered.content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert levels is not None
    known = (levels > 0).all(axis=-1)
    normals = (levels[known].astype(float) - 32768) / 32767
    assert known.mean() > 0.2
    assert np.linalg.norm(normals, axis=1) == pytest.approx(np.ones(len(normals)), abs=1e-4)
    assert (normals[:, 0] < 0).mean() > 0.99  # blue, the first of these, is z: away


@pytest.mark.verifies("REQ-IN-194", "DRV-30")
@pytest.mark.parametrize("what", ["zip", "heights", "normals", "plane"])
def test_whoever_may_not_see_the_photograph_takes_nothing_made_of_it(
    portal: Portal, taken: Taken, what: str
) -> None:
    barred = portal.sign_in("auditor")
    assert barred.get(f"/images/{taken.left}", session=taken.session).status_code == 403
    if what == "zip":
        answered = barred.get(f"/surfaces/{taken.surface}", session=taken.session, form="zip")
    else:
        answered = barred.get(f"/depth-maps/{taken.depth}/{what}", session=taken.session)
    assert answered.status_code == 403
    assert not looks(portal)


def test_only_depth_has_heights_and_only_in_its_own_session(portal: Portal, taken: Taken) -> None:
    practitioner = portal.sign_in("practitioner")
    for digest, session in (
        (taken.surface, taken.session),
        (taken.left, taken.session),
        (taken.depth, str(SessionId.derived("another"))),
    ):
        answered = practitioner.get(f"/depth-maps/{digest}/heights", session=session)
        assert answered.status_code == 404
    assert not looks(portal)


def test_depth_whose_calibration_is_not_on_record_has_no_heights(
    portal: Portal, clinic: Clinic, station: Station, session: str, manifest: str
) -> None:
    assert not station.deliver(station.capture(session, manifest, frames.pair()))["refused"]
    (submitted,) = portal.events("AttemptSubmitted")
    content = encode_depth(reconstructed()[0])
    subject, stream = SubjectId(clinic.subject), SessionId(session).stream
    made = replace(
        a_depth(),
        attempt=submitted.attempt,
        calibration=CalibrationId.derived("of nobody"),
        depth=reference(content, "image/png"),
        algorithm=METHOD,
    )
    version = len(tuple(portal.system.log.stream(stream)))
    record(portal, subject, stream, version, made, keep(portal, subject, content))
    answered = portal.sign_in("practitioner").get(
        f"/depth-maps/{made.depth.digest}/heights", session=session
    )
    assert answered.status_code == 404
    assert "calibration" in answered.json()["detail"]


@pytest.mark.verifies("REQ-IN-129", "REQ-IN-348", "REQ-IN-349", "REQ-IN-350", "DRV-30")
def test_a_surface_is_handed_out_in_three_forms_and_every_look_is_recorded(
    portal: Portal, clinic: Clinic
) -> None:
    subject, made = SubjectId(clinic.subject), assessed(portal, clinic)
    content = ply_bytes(mesh(plane(), stride=8))
    stored = portal.system.blobs.put(
        [content],
        key=f"subject:{subject}",
        expected=Digest.of(content),
        limit_bytes=len(content),
    )
    reference = ContentReference(
        digest=stored.content, size_bytes=len(content), media_type=PLY_TYPE
    )
    event = replace(a_surface(), mesh=reference)
    stream = made.session.stream
    version = len(tuple(portal.system.log.stream(stream)))
    record(portal, subject, stream, version, event, stored)
    practitioner = portal.sign_in("practitioner")
    for form, start in (("ply", b"ply"), ("obj", b"# millimetres"), ("stl", b"surface")):
        answered = practitioner.get(f"/surfaces/{stored.content}", session=made.session, form=form)
        assert answered.content.startswith(start)
        assert f".{form}" in answered.headers["content-disposition"]
        seen = portal.records("RecordViewed")[-1].seq
        assert answered.headers["x-vultus-audit"] == str(seen)


@pytest.mark.verifies("REQ-IN-129", "REQ-IN-457", "DRV-30")
def test_depth_and_its_uncertainty_are_handed_out_as_they_are_stored(
    portal: Portal, clinic: Clinic
) -> None:
    subject, made = SubjectId(clinic.subject), assessed(portal, clinic)
    kept = {}
    for kind, content in (("depth", MAP + b" of depth"), ("depth-uncertainty", MAP + b" of sigma")):
        stored = portal.system.blobs.put(
            [content], key=f"subject:{subject}", expected=Digest.of(content), limit_bytes=1000
        )
        kept[kind] = (content, stored, replace(REFERENCE, digest=stored.content))
    stream = made.session.stream
    version = len(tuple(portal.system.log.stream(stream)))
    depth = replace(a_depth(), depth=kept["depth"][2])
    record(portal, subject, stream, version, depth, kept["depth"][1])
    sigma = kept["depth-uncertainty"]
    surface = replace(a_surface(), depth=depth.depth.digest, uncertainty=sigma[2])
    record(portal, subject, stream, version + 1, surface, sigma[1])
    practitioner = portal.sign_in("practitioner")
    for kind, (content, stored, _) in kept.items():
        answered = practitioner.get(f"/depth-maps/{stored.content}", session=made.session)
        assert answered.content == content
        name = f"{kind}-{stored.content[7:19]}.png"
        assert answered.headers["content-disposition"] == f'attachment; filename="{name}"'
        seen = portal.records("RecordViewed")[-1].seq
        assert answered.headers["x-vultus-audit"] == str(seen)


def test_only_depth_is_a_depth_map_and_only_whoever_may_look_sees_one(
    portal: Portal, clinic: Clinic
) -> None:
    subject, made = SubjectId(clinic.subject), assessed(portal, clinic)
    version = len(tuple(portal.system.log.stream(made.session.stream)))
    event = a_surface()
    record(portal, subject, made.session.stream, version, event)
    wrong = portal.sign_in("practitioner").get(
        f"/depth-maps/{event.mesh.digest}", session=made.session
    )
    barred = portal.sign_in("auditor").get(
        f"/depth-maps/{event.uncertainty.digest}", session=made.session
    )

    assert (wrong.status_code, barred.status_code) == (404, 403)
    assert not portal.records("RecordViewed")
