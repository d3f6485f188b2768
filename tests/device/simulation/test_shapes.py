"""Bodies and how they grow together."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from device.simulation.shapes import bell, carve, ellipsoid, join, limb, ramp

_PLACE = st.floats(-200, 200, width=32)


def _at(x: float, y: float, z: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return tuple(np.array([v], np.float32) for v in (x, y, z))  # type: ignore[return-value]


@given(x=_PLACE, y=_PLACE, z=_PLACE)
def test_a_round_ellipsoid_is_a_sphere(x: float, y: float, z: float) -> None:
    distance = float(ellipsoid(*_at(x, y, z), (10, -5, 3), (20, 20, 20))[0])
    exact = float(np.linalg.norm([x - 10, y + 5, z - 3])) - 20
    assert abs(distance - exact) < 1e-2


@given(x=_PLACE, y=_PLACE, z=_PLACE)
def test_a_limb_is_no_farther_than_its_ends(x: float, y: float, z: float) -> None:
    body = float(limb(*_at(x, y, z), (0, 0, 0), (0, -50, 10), (9, 9))[0])
    start = float(np.linalg.norm([x, y, z])) - 9
    end = float(np.linalg.norm([x, y + 50, z - 10])) - 9
    assert body <= min(start, end) + 1e-3


@given(first=_PLACE, second=_PLACE, blend=st.floats(1, 40))
def test_joining_adds_matter_and_carving_removes_it(
    first: float, second: float, blend: float
) -> None:
    a, b = np.array([first], np.float32), np.array([second], np.float32)
    joined, carved = float(join(a, b, blend)[0]), float(carve(a, b, blend)[0])
    assert joined <= min(first, second) + 1e-4
    assert joined >= min(first, second) - blend / 4 - 1e-3
    assert carved >= max(first, -second) - 1e-4


def test_bells_and_ramps_have_their_stated_ends() -> None:
    assert float(bell(np.array([0.0], np.float32), 3.0)[0]) == 1.0
    value = ramp(10.0, 5.0, np.array([11.0, 10.0, 7.5, 5.0, 4.0], np.float32))
    np.testing.assert_allclose(value, [0, 0, 0.5, 1, 1], atol=1e-6)
