"""The OpenCV cameras, looking at films made here."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import cv2
import numpy as np
import pytest

from device.opencv_camera import STALE_FRAMES, OpenCvCameras
from domain.errors import RuleViolation, Unavailable
from domain.values.calibration import WhiteBalance
from domain.values.capture import CameraSettings

SERIALS = ("CAM-L", "CAM-R")
SETTINGS = CameraSettings(
    exposure_us=8000.0, gain=1.0, white_balance=WhiteBalance(red=1.9, green=1.0, blue=1.6)
)
FRAMES = 12


def a_film(path: Path, *, size: tuple[int, int] = (960, 1280), frames: int = FRAMES) -> str:
    """Write a film whose frames grow lighter by 20, redder than blue, and return its name."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, size)
    assert writer.isOpened()
    for number in range(frames):
        frame = np.zeros((size[1], size[0], 3), np.uint8)
        frame[..., 2] = 20 * number
        writer.write(frame)
    writer.release()
    return str(path)


@pytest.fixture
def films(tmp_path: Path) -> tuple[str, str]:
    """A left and a right film."""
    return a_film(tmp_path / "left.avi"), a_film(tmp_path / "right.avi")


def steps(step_us: int) -> Iterator[int]:
    """Yield a clock's nanoseconds that move on at every reading."""
    return (number * step_us * 1000 for number in count())


@pytest.fixture
def cameras(films: tuple[str, str]) -> Iterator[OpenCvCameras]:
    """Two cameras on the films; exposures 1 ms apart."""
    clock = steps(1000)
    made = OpenCvCameras(films, serials=SERIALS, settable=False, monotonic_ns=lambda: next(clock))
    yield made
    made.close()


def test_a_pair_is_fresh_in_rgb_and_carries_settings_and_skew(cameras: OpenCvCameras) -> None:
    cameras.lock(SETTINGS)
    pair = cameras.shoot()
    assert pair.left.shape == pair.right.shape == (1280, 960, 3)
    assert pair.left.dtype == np.uint8
    assert float(pair.left[..., 0].mean()) == pytest.approx(20 * STALE_FRAMES, abs=6)
    assert float(pair.left[..., 2].mean()) < 6
    assert pair.settings == SETTINGS
    assert pair.skew_us == 1000.0


def test_a_preview_is_small_and_never_an_old_frame(cameras: OpenCvCameras) -> None:
    first, second = cameras.preview(), cameras.preview()
    assert first.shape == (640, 480, 3)
    assert float(second[..., 0].mean()) - float(first[..., 0].mean()) > 40
    assert cameras.serials == SERIALS


def test_exposures_too_far_apart_are_refused(films: tuple[str, str]) -> None:
    clock = steps(20_000)
    late = OpenCvCameras(films, serials=SERIALS, settable=False, monotonic_ns=lambda: next(clock))
    late.lock(SETTINGS)
    with pytest.raises(RuleViolation, match="apart"):
        late.shoot()
    late.close()


def test_a_camera_that_does_not_keep_a_setting_is_refused(films: tuple[str, str]) -> None:
    cameras = OpenCvCameras(films, serials=SERIALS)
    with pytest.raises(RuleViolation, match="CAM-L keeps exposure"):
        cameras.lock(SETTINGS)
    cameras.close()


def test_cameras_that_were_never_set_do_not_shoot(cameras: OpenCvCameras) -> None:
    with pytest.raises(RuleViolation, match="never set"):
        cameras.shoot()


def test_a_camera_that_does_not_open_is_named(tmp_path: Path, films: tuple[str, str]) -> None:
    with pytest.raises(Unavailable, match="CAM-R does not open"):
        OpenCvCameras((films[0], str(tmp_path / "none.avi")), serials=SERIALS)


def test_a_camera_that_stops_is_named(tmp_path: Path) -> None:
    short = a_film(tmp_path / "short.avi", frames=1)
    cameras = OpenCvCameras((short, short), serials=SERIALS, settable=False)
    with pytest.raises(Unavailable, match="CAM-L gives no picture"):
        cameras.preview()
    cameras.close()


def test_pictures_of_different_size_are_refused(tmp_path: Path) -> None:
    films = a_film(tmp_path / "a.avi"), a_film(tmp_path / "b.avi", size=(480, 640))
    clock = steps(10)
    cameras = OpenCvCameras(
        films, serials=SERIALS, settable=False, monotonic_ns=lambda: next(clock)
    )
    cameras.lock(SETTINGS)
    with pytest.raises(RuleViolation, match="different size"):
        cameras.shoot()
    cameras.close()
