"""Real pictures that ship with a development dependency; read by path, never imported."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray


def photograph_path(name: str) -> Path:
    """Return the path of a sample picture."""
    found = importlib.util.find_spec("skimage")
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / "data" / name


def photograph(name: str) -> NDArray[np.uint8]:
    """Return a sample picture as encoded pixels, red first."""
    picture = cv2.imread(str(photograph_path(name)), cv2.IMREAD_COLOR_RGB)
    assert picture is not None
    return np.asarray(picture, np.uint8)
