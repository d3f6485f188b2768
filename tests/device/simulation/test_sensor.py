"""The sensor keeps its stated response and noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.simulation.colorimetry import white_light
from device.simulation.sensor import (
    FULL_WELL,
    READ_NOISE,
    REFERENCE_EXPOSURE_US,
    Exposure,
    encode,
    expose,
    white_balance_gains,
)
from domain.errors import MalformedInput


def _flat(rgb: np.ndarray, size: int = 96) -> np.ndarray:
    return np.broadcast_to(np.asarray(rgb, np.float32), (size, size, 3)).copy()


def _rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_white_fills_96_percent_at_the_reference_exposure() -> None:
    picture = expose(_flat(np.ones(3)), Exposure(white_balance_k=6504.0), _rng())
    np.testing.assert_allclose(picture.linear.mean(axis=(0, 1)), 0.96, atol=0.005)


@given(
    rgb=st.tuples(*[st.floats(0.05, 0.8)] * 3),
    exposure_us=st.integers(4000, REFERENCE_EXPOSURE_US),
)
@settings(max_examples=25)
def test_colours_come_back_in_proportion_to_the_exposure(
    rgb: tuple[float, float, float], exposure_us: int
) -> None:
    setting = Exposure(exposure_us=exposure_us, white_balance_k=6504.0)
    picture = expose(_flat(np.array(rgb)), setting, _rng())
    expected = 0.96 * np.array(rgb) * exposure_us / REFERENCE_EXPOSURE_US
    np.testing.assert_allclose(picture.linear.mean(axis=(0, 1)), expected, atol=0.006)


@pytest.mark.parametrize("kelvin", [3200.0, 5600.0, 8000.0])
def test_the_right_white_balance_makes_a_white_neutral(kelvin: float) -> None:
    white = _flat(0.4 * white_light(kelvin))
    mean = expose(white, Exposure(white_balance_k=kelvin), _rng()).linear.mean(axis=(0, 1))
    np.testing.assert_allclose(mean / mean[1], 1.0, atol=0.01)
    wrong = expose(white, Exposure(white_balance_k=12000.0), _rng()).linear.mean(axis=(0, 1))
    assert wrong[0] / wrong[2] > 1.1


def test_green_is_the_reference_of_white_balance() -> None:
    assert white_balance_gains(4000.0)[1] == 1.0


def test_noise_is_shot_and_read_noise() -> None:
    level = 0.5
    light = _flat(np.full(3, level), 400)
    picture = expose(light, Exposure(white_balance_k=6504.0), _rng())
    electrons = 0.96 * level * FULL_WELL
    expected = np.sqrt(electrons + READ_NOISE**2) / FULL_WELL
    # Green pixels of the mosaic pass filling-in unchanged; the matrix mixes colours afterwards.
    green = picture.linear[0::2, 1::2] @ np.array([0.11, 0.79, 0.10])
    assert float(green.std()) == pytest.approx(expected, rel=0.06)


def test_an_overfull_well_stays_full_and_codes_to_white() -> None:
    picture = expose(_flat(np.full(3, 9.0)), Exposure(white_balance_k=6504.0), _rng())
    assert (picture.image >= 250).all()


def test_gain_brightens_without_more_electrons() -> None:
    dim = _flat(np.full(3, 0.05))
    plain = expose(dim, Exposure(white_balance_k=6504.0), _rng()).linear
    loud = expose(dim, Exposure(white_balance_k=6504.0, gain_db=12.0), _rng()).linear
    assert loud.mean() == pytest.approx(plain.mean() * 10**0.6, rel=0.02)
    assert loud.std() / loud.mean() == pytest.approx(plain.std() / plain.mean(), rel=0.1)


def test_the_same_seed_gives_the_same_picture() -> None:
    light = _flat(np.full(3, 0.3))
    first, second = (expose(light, Exposure(), _rng()).image for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_coding_is_that_of_srgb() -> None:
    values = np.array([0.0, 0.0031308, 0.2140, 0.5, 1.0, 1.7, -0.3], np.float32)
    np.testing.assert_array_equal(encode(values), [0, 10, 127, 188, 255, 255, 0])


@pytest.mark.parametrize("bad", [{"exposure_us": 0}, {"gain_db": -1.0}, {"white_balance_k": 99.0}])
def test_settings_no_camera_has_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(MalformedInput):
        Exposure(**bad)  # type: ignore[arg-type]
