"""A basis holds pictures taken as the cameras were held, and levels that can be compared with."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from domain.errors import MalformedInput
from domain.values.calibration import WhiteBalance
from domain.values.capture import CameraSettings
from domain.values.check_basis import (
    ColourBasis,
    IlluminationBasis,
    LightFieldBasis,
    MeasuredPicture,
    ReferenceLevel,
)
from tests.builders import PLATFORM, a_content

HELD = CameraSettings(
    exposure_us=8000.0, gain=1.0, white_balance=WhiteBalance(red=1.9, green=1.0, blue=1.6)
)
Pictures = tuple[MeasuredPicture, ...]


def a_picture(exposure_us: float = HELD.exposure_us) -> MeasuredPicture:
    """Return a picture of all zones."""
    return MeasuredPicture(shows="together", content=a_content(), exposure_us=exposure_us)


def an_illumination_basis(held: CameraSettings, pictures: Pictures) -> IlluminationBasis:
    """Return the basis of an illumination calibration."""
    return IlluminationBasis(
        method="illumination-on-chart/1",
        platform=PLATFORM,
        pictures=pictures,
        reference_levels=(ReferenceLevel(zone="left", level=0.2),),
        nominal_cct_k=5600.0,
        built=HELD,
        held=held,
        exposure_tolerance=0.1,
        zone_tolerance=0.15,
        cct_tolerance_k=400.0,
    )


def a_light_field_basis(held: CameraSettings, pictures: Pictures) -> LightFieldBasis:
    """Return the basis of a light field."""
    return LightFieldBasis(
        method="light-field-on-grey/1",
        platform=PLATFORM,
        pictures=pictures,
        nominal_cct_k=5600.0,
        unevenness=0.1,
        built=HELD,
        held=held,
    )


def a_colour_basis(held: CameraSettings, pictures: Pictures) -> ColourBasis:
    """Return the basis of a colour calibration."""
    return ColourBasis(method="colour-on-chart/1", platform=PLATFORM, pictures=pictures, held=held)


BASES = (an_illumination_basis, a_light_field_basis, a_colour_basis)
Make = Callable[[CameraSettings, Pictures], object]


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize("made", BASES)
def test_every_picture_of_a_check_is_taken_as_the_cameras_were_held(made: Make) -> None:
    assert made(HELD, ()) == made(HELD, ())
    assert made(HELD, (a_picture(),)) == made(HELD, (a_picture(),))
    with pytest.raises(MalformedInput, match="at the exposure at which the cameras were held"):
        made(HELD, (a_picture(), a_picture(7999.0)))


@pytest.mark.parametrize("made", BASES)
def test_cameras_are_held_at_an_exposure(made: Make) -> None:
    with pytest.raises(MalformedInput, match="at an exposure above 0"):
        made(replace(HELD, exposure_us=0.0), ())


def test_a_light_has_zones_and_each_gave_light_when_it_was_new() -> None:
    with pytest.raises(MalformedInput, match="at least one zone"):
        replace(an_illumination_basis(HELD, ()), reference_levels=())
    with pytest.raises(MalformedInput, match="zone left: what it gave when new is above 0"):
        ReferenceLevel(zone="left", level=0.0)
