"""Daylight is where the CIE has it, and cameras balanced for a light see it as neutral."""

import numpy as np
import pytest

from adapters.imaging.correlated_temperature import correlated_temperature
from adapters.imaging.daylight import daylight_xyz, light_xyz
from domain.errors import RuleViolation


@pytest.mark.verifies("REQ-IN-088")
@pytest.mark.parametrize(
    ("kelvin", "x", "y"),
    [(5003.0, 0.3457, 0.3585), (6504.0, 0.3127, 0.3290), (7504.0, 0.2990, 0.3149)],
)
def test_the_published_illuminants_are_met(kelvin: float, x: float, y: float) -> None:
    """D50, D65 and D75.  Source: CIE 15:2018, table 3."""
    found = daylight_xyz(kelvin)
    assert found[1] == 1.0
    assert found[0] / found.sum() == pytest.approx(x, abs=2e-4)
    assert found[1] / found.sum() == pytest.approx(y, abs=2e-4)


@pytest.mark.parametrize("kelvin", [3999.0, 25001.0, 0.0])
def test_daylight_of_no_temperature_is_refused(kelvin: float) -> None:
    with pytest.raises(RuleViolation, match=r"illumination\.temperature"):
        daylight_xyz(kelvin)


def test_what_cameras_show_of_a_neutral_target_is_how_far_the_light_is_from_theirs() -> None:
    as_set = light_xyz(np.ones(3), nominal_k=5600.0)
    np.testing.assert_allclose(as_set, daylight_xyz(5600.0), rtol=1e-12)
    bluer = light_xyz(np.array([0.95, 1.0, 1.05]), nominal_k=5600.0)
    assert correlated_temperature(bluer).kelvin > correlated_temperature(as_set).kelvin + 100
