"""What the tests of the workers ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.workers.clinic_day import ClinicDay, clinic_day


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClinicDay]:
    """Return a clinic with station, protocol, model and one client, and no session yet."""
    with clinic_day(tmp_path) as opened:
        yield opened
