"""The ring light: its unit, its zones, its failures."""

from types import MappingProxyType

import numpy as np
import pytest

from device.simulation.lighting import light_part
from device.simulation.lights import RingLight, Zone, ZoneState, panels
from device.simulation.parts import Part, PartId
from domain.errors import MalformedInput


def _screen() -> Part:
    """Return a matt white screen at the working distance, square to the axis."""
    y, x = np.mgrid[-90:91:30.0, -90:91:30.0]
    points = np.stack([x, y, np.full_like(x, 450.0)], axis=-1).astype(np.float32)
    normals = np.zeros_like(points)
    normals[..., 2] = -1.0
    shade = np.ones(points.shape[:2], np.float32)
    return Part(part=PartId.CARD, points=points, normals=normals, shade=shade)


def _lit(light: RingLight) -> np.ndarray:
    lit = light_part(_screen(), np.eye(4), panels(light), np.zeros(3), occlusion=None, glossy=False)
    return lit.diffuse


def _with(**states: ZoneState) -> RingLight:
    zones = {zone: states.get(zone.value, ZoneState(temperature_k=6504.0)) for zone in Zone}
    return RingLight(zones=MappingProxyType(zones))


def test_a_white_screen_at_the_working_distance_has_radiance_one() -> None:
    middle = _lit(RingLight.even(temperature_k=6504.0))[3, 3]
    np.testing.assert_allclose(middle, 1.0, atol=0.004)


def test_light_is_even_to_a_fifth_over_the_face() -> None:
    field = _lit(RingLight.even(temperature_k=6504.0))[..., 1]
    assert field[1:-1, 1:-1].min() > 0.8 * field.max()


@pytest.mark.parametrize("zone", list(Zone))
def test_a_dead_zone_leaves_its_own_side_darker(zone: Zone) -> None:
    field = _lit(_with(**{zone.value: ZoneState(health=0.0)}))[..., 1]
    sides = {
        Zone.LEFT: field[3, 0],
        Zone.RIGHT: field[3, -1],
        Zone.TOP: field[0, 3],
        Zone.BOTTOM: field[-1, 3],
    }
    assert min(sides, key=lambda z: float(sides[z])) is zone


@pytest.mark.parametrize("gathered", [0.3, 1.0])
@pytest.mark.parametrize("zone", list(Zone))
def test_a_loose_diffuser_moves_the_light_of_its_zone_and_loses_none(
    zone: Zone, gathered: float
) -> None:
    dark = {each.value: ZoneState(drive=0.0) for each in Zone if each is not zone}
    sound, loose = (
        _with(**dark, **{zone.value: ZoneState(gathered=share)}) for share in (0.0, gathered)
    )
    np.testing.assert_allclose(panels(loose).power.sum(axis=0), panels(sound).power.sum(axis=0))
    before, after = _lit(sound)[..., 1], _lit(loose)[..., 1]
    assert after[3, 3] == pytest.approx(before[3, 3], rel=1e-5)
    assert after.mean() == pytest.approx(before.mean(), rel=0.01)
    pattern = (after / after.mean()) / (before / before.mean()) - 1
    assert np.abs(pattern).max() > 0.1 * gathered


def test_drive_and_health_act_alike_and_in_proportion() -> None:
    half_drive = _lit(RingLight.even(temperature_k=6504.0, drive=0.5))
    np.testing.assert_allclose(
        half_drive * 2, _lit(RingLight.even(temperature_k=6504.0)), rtol=1e-5
    )


def test_a_warm_ring_is_warm() -> None:
    white = RingLight.even(temperature_k=3200.0).white()
    assert white[0] > 1.4
    assert white[2] < 0.6


def test_states_no_driver_has_are_refused() -> None:
    for bad in (
        {"drive": 1.1},
        {"health": -0.1},
        {"temperature_k": 500.0},
        {"gathered": 1.1},
        {"gathered": float("nan")},
    ):
        with pytest.raises(MalformedInput):
            ZoneState(**bad)
    with pytest.raises(MalformedInput):
        RingLight(zones=MappingProxyType({Zone.LEFT: ZoneState()}))
