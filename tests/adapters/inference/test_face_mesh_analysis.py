"""The face model's release leaves nothing unsaid, and its regions read as a map."""

import cv2
import numpy as np
import pytest

from adapters.imaging.decode import decode
from adapters.imaging.face_mesh import FaceMesh, find_face_mesh
from adapters.imaging.facial_regions import region_masks
from adapters.imaging.pixels import EncodedRgb
from adapters.inference.analysis import Source
from adapters.inference.face_mesh_analysis import FaceMeshAnalysis, draw_regions
from adapters.inference.release import parse_manifest
from domain.errors import MalformedInput
from domain.values.content import Digest
from domain.values.facial_region import FacialRegion
from tests.adapters.imaging import scenes
from tests.adapters.imaging.photographs import photograph

ANALYSIS = FaceMeshAnalysis()


@pytest.mark.verifies("DRV-18")
def test_the_release_names_licence_training_data_and_every_class() -> None:
    release = ANALYSIS.release(Digest.of(ANALYSIS.model()))
    assert parse_manifest(release.manifest()) == release
    assert "Apache-2.0" in release.licence
    assert "30,000" in release.training_data
    assert len(release.subgroups) == 6
    assert any("recognising" in each for each in release.contraindications)


def _source() -> Source:
    return Source(
        model=ANALYSIS.model(),
        image=decode(scenes.png(photograph("astronaut.png")), declared_media_type="image/png"),
        depth=None,
        camera=None,
        regions={},
        makeup="full",
        neutral_expression=False,
        hair_back=None,
    )


def test_make_up_and_expression_do_not_keep_a_mesh_from_being_run() -> None:
    domain = ANALYSIS.release(Digest.of(ANALYSIS.model())).input_domain
    verdict = ANALYSIS.judge(domain, ANALYSIS.given(_source(), domain))
    assert verdict.permitted
    assert verdict.flags == ()


def test_a_cut_out_without_a_face_is_refused_though_the_detector_found_one() -> None:
    domain = ANALYSIS.release(Digest.of(ANALYSIS.model())).input_domain
    given = ANALYSIS.given(_source(), domain)
    outputs = {
        "mesh_points": np.zeros((1, 1, 1, 1404), np.float32),
        "mesh_presence": np.full((1, 1, 1, 1), -3.0, np.float32),
    }
    with pytest.raises(MalformedInput, match=r"face\.none"):
        ANALYSIS.worked_out(outputs, given)


def test_the_map_colours_the_regions_and_leaves_the_rest_clear() -> None:
    mesh = find_face_mesh(EncodedRgb(photograph("astronaut.png")))
    assert mesh is not None
    overlay = draw_regions(mesh, rows=512, columns=512)
    picture = cv2.imdecode(np.frombuffer(overlay.png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    coloured = picture[..., 3] > 0
    masks = region_masks(mesh, 512, 512)
    assert np.array_equal(coloured, np.any([*masks.values()], axis=0))
    assert len(np.unique(picture[masks[FacialRegion.CHIN]], axis=0)) == 2
    assert draw_regions(mesh, rows=512, columns=512) == overlay


def test_the_map_of_a_large_picture_is_smaller_and_shows_the_same() -> None:
    mesh = find_face_mesh(EncodedRgb(photograph("astronaut.png")))
    assert mesh is not None
    larger = FaceMesh(points_px=(mesh.points_px + 0.5) * 8 - 0.5, score=mesh.score)
    small = draw_regions(mesh, rows=512, columns=512)
    large = draw_regions(larger, rows=4096, columns=4096)
    assert (large.width_px, large.height_px) == (1024, 1024)
    assert large.measured_fraction == pytest.approx(small.measured_fraction, abs=0.002)
