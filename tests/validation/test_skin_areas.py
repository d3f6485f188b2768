"""Raised areas against the exact maps: small cases with answers worked out by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from device.simulation.appearance import Appearance, SkinCondition
from device.simulation.identity import TypologyClass
from device.simulation.rig import Resolution, stereo_rig
from device.simulation.scene import Scene, Subject
from device.simulation.skin_colour import BLOOD_FRACTION, melanin_of, paint
from validation.skin_areas import (
    AreaAgreement,
    Raised,
    added_density,
    area_agreement,
    seen_chromophores,
)

SMALL = Resolution(columns=360, rows=480)
PIXEL_MM = 0.5


def stripe(columns: slice, size: int = 80) -> NDArray[np.bool_]:
    plane = np.zeros((size, size), np.bool_)
    plane[:, columns] = True
    return plane


def compared(found: NDArray[np.bool_], density: NDArray[np.float32]) -> AreaAgreement:
    whole = np.ones(found.shape, np.bool_)
    exact = Raised(density=density, patch=density > 0.1)
    area = np.full(found.shape, PIXEL_MM**2, np.float32)
    return area_agreement(found, exact, whole, area, 0.12)


@pytest.mark.verifies("REQ-IN-163")
def test_an_area_found_half_beside_the_exact_one_overlaps_by_half() -> None:
    density = np.where(stripe(slice(20, 40)), np.float32(0.4), np.float32(0.0))
    exact = compared(stripe(slice(20, 40)), density)
    assert exact.ratio == pytest.approx(1.0, abs=0.11), "smoothing moves the edge by under a pixel"
    assert exact.dice > 0.94
    assert exact.patch_share == 1.0
    beside = compared(stripe(slice(30, 50)), density)
    assert beside.dice == pytest.approx(0.5, abs=0.05)
    assert beside.patch_share == 0.5
    assert beside.found == 80 * 20 * PIXEL_MM**2


def test_less_than_the_step_is_not_raised_and_what_was_found_there_counts_as_wrong() -> None:
    faint = np.where(stripe(slice(20, 40)), np.float32(0.08), np.float32(0.0))
    found = compared(stripe(slice(20, 40)), faint)
    assert found.raised == 0.0
    assert found.dice == 0.0
    assert np.isnan(found.ratio)
    assert np.isnan(compared(np.zeros((80, 80), np.bool_), faint).dice)


def test_faces_are_summed_so_that_a_plain_one_does_not_decide() -> None:
    clear = AreaAgreement(found=1000.0, raised=1000.0, both=900.0, patch=500.0, patch_found=400.0)
    plain = AreaAgreement(found=10.0)
    both = clear.with_another(plain)
    assert both.dice == pytest.approx(1800 / 2010)
    assert both.ratio == pytest.approx(1.01)
    assert both.patch_share == 0.8


@pytest.mark.parametrize("tone", list(TypologyClass))
def test_the_density_that_blood_and_pigment_add_is_that_of_the_painted_colour(
    tone: TypologyClass,
) -> None:
    base = melanin_of(tone)
    melanin, blood = (np.array([each], np.float32) for each in (1.3 * base, 2.0 * BLOOD_FRACTION))
    plain = paint(np.array([[base]], np.float32), np.array([[BLOOD_FRACTION]], np.float32))
    browner = paint(melanin[None], np.array([[BLOOD_FRACTION]], np.float32))
    redder = paint(np.array([[base]], np.float32), blood[None])
    pigment, haemoglobin = added_density(melanin, blood, tone)
    expected = [float(np.log(plain[0, 0, 1] / each[0, 0, 1])) for each in (browner, redder)]
    assert [float(pigment[0]), float(haemoglobin[0])] == pytest.approx(expected, abs=0.01)
    assert min(expected) > 0.0


@pytest.mark.slow
def test_a_face_with_patches_shows_them_where_blood_and_pigment_are_raised() -> None:
    skin = SkinCondition(redness=0.8, melasma=0.8)
    scene = Scene(subject=Subject(identity_seed=3, appearance=Appearance(skin=skin)))
    seen = seen_chromophores(scene, stereo_rig(SMALL).left, None)
    for each in seen.values():
        assert each.patch.any()
        inside = np.nanmedian(each.density[each.patch])
        outside = np.nanmedian(each.density[~each.patch])
        assert inside > outside + 0.1
        assert np.isnan(each.density[0, 0]), "no skin in the corner of the picture"


def test_nobody_has_no_skin() -> None:
    with pytest.raises(TypeError, match="face"):
        seen_chromophores(Scene(subject=None), stereo_rig(SMALL).left, None)
