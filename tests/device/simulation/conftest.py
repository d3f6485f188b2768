"""A folder for kept heads and views, shared by all tests of the simulation, and one capture."""

from pathlib import Path

import pytest

from device.simulation.station import SimulatedCapture, capture
from tests.device.simulation.stage import SCENE, SETTINGS


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that lives as long as the tests."""
    return tmp_path_factory.mktemp("simulation")


@pytest.fixture(scope="session")
def taken(cache: Path) -> SimulatedCapture:
    """Return a capture of a faultless scene; treat it as read-only."""
    return capture(SCENE, SETTINGS, seed=1, cache=cache)
