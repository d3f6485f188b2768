"""Depth made again: bit for bit of the same inputs, and every change named."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from adapters.imaging.calibration import calibration_to_bytes
from adapters.imaging.decode import decode
from adapters.imaging.depth import (
    BEFORE_GLOSS,
    METHOD,
    SGBM,
    encode_depth,
    reconstruct,
    settings_of,
)
from adapters.imaging.depth_reproduction import (
    DepthReproduction,
    RecordedDepth,
    reproduce_depth,
)
from adapters.imaging.determinism import platform_digest
from domain.values.content import Digest
from tests.adapters.imaging.scenes import Scene, calibration, png, render

SCENE = Scene(width=456, height=608)
RIG = calibration(SCENE)
GEOMETRY = calibration_to_bytes(RIG)


@cache
def pictures() -> tuple[bytes, bytes]:
    """Return both stored pictures."""
    return png(render(SCENE)), png(render(SCENE, "right"))


@cache
def recorded(method: str = METHOD) -> RecordedDepth:
    """Return what the record of this pair holds."""
    left, right = pictures()
    return RecordedDepth(
        content=encode_depth(reconstruct(decode(left), decode(right), RIG, method=method)),
        algorithm=method,
        settings=settings_of(method),
        inputs=tuple(Digest.of(each) for each in (left, right, GEOMETRY)),
        platform=Digest(platform_digest()),
    )


def again(record: RecordedDepth, geometry: bytes = GEOMETRY) -> DepthReproduction:
    """Make the depth again."""
    return reproduce_depth(*pictures(), geometry, record)


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize("method", [METHOD, BEFORE_GLOSS, SGBM])
def test_the_same_inputs_give_the_same_bytes_by_every_method(method: str) -> None:
    found = again(recorded(method))
    assert (found.identical, found.close, found.changed) == (True, True, ())
    assert found.evidence == "nothing changed; depth bit-identical"


@pytest.mark.verifies("DRV-20")
def test_settings_of_depth_that_was_recorded_before_gloss_was_looked_for_stay_as_recorded() -> None:
    assert settings_of(BEFORE_GLOSS) == (
        "step_px=2",
        "nearest_mm=300",
        "farthest_mm=650",
        "unit_mm=0.01",
        "sigma_unit_mm=0.0001",
        "coarse_px=600",
        "windows_px=6..12",
        "most_apart_px=1",
        "most_sigma_px=0.7",
        "least_around=0.5",
    )
    assert settings_of(METHOD) != settings_of(BEFORE_GLOSS)


@pytest.mark.verifies("DRV-20")
def test_one_changed_pixel_is_reported() -> None:
    left, right = pictures()
    picture = np.array(decode(left).encoded)
    picture[300, 228] = 255 - picture[300, 228]
    found = reproduce_depth(png(picture), right, GEOMETRY, recorded())
    assert found.changed == ("input:left",)
    assert not found.identical
    assert "input:left" in found.evidence


@pytest.mark.verifies("DRV-20")
def test_another_calibration_setting_or_platform_is_reported() -> None:
    moved = calibration_to_bytes(replace(RIG, translation_mm=(-80.5, 0.0, RIG.translation_mm[2])))
    found = again(recorded(), moved)
    assert found.changed == ("input:calibration",)
    assert not found.close
    assert found.rms_mm is not None
    assert again(replace(recorded(), settings=("step_px=4",))).changed == ("settings",)
    elsewhere = again(replace(recorded(), platform=Digest.of(b"another machine")))
    assert (elsewhere.identical, elsewhere.changed) == (True, ("platform",))


def test_a_method_that_is_not_known_is_named_and_not_run() -> None:
    found = again(replace(recorded(), algorithm="guess/1"))
    assert (found.changed, found.rms_mm, found.identical) == (("method",), None, False)
    assert found.evidence == "changed: method; depth not comparable"


def test_depth_of_another_size_is_not_comparable() -> None:
    wide = Scene(width=464, height=608)
    other = reconstruct(
        decode(png(render(wide))),
        decode(png(render(wide, "right"))),
        calibration(wide),
        method=SGBM,
    )
    found = again(replace(recorded(SGBM), content=encode_depth(other)))
    assert found.rms_mm is None
    assert not found.close
