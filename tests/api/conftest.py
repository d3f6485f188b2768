"""A ready clinic for every test here, made once."""

from collections.abc import Iterator
from pathlib import Path

import argon2
import pytest

from adapters import accounts
from tests.api.portal import Clinic, Portal, make_clinic, opened
from tests.api.station import Station


@pytest.fixture(scope="package", autouse=True)
def _quick_hashes() -> Iterator[None]:
    """Hash passwords weakly: half a second for each sign-in would be most of the time here.

    What is shipped is tested in ``tests/adapters/test_accounts.py``.
    """
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(accounts, "_HASHER", weak)
        yield


@pytest.fixture(scope="package")
def clinic(tmp_path_factory: pytest.TempPathFactory, _quick_hashes: None) -> Clinic:
    """The clinic that is copied; nobody changes this one."""
    return make_clinic(tmp_path_factory.mktemp("clinic") / "record")


@pytest.fixture
def portal(clinic: Clinic, tmp_path: Path) -> Iterator[Portal]:
    """A copy of the ready clinic, served by the shipped application."""
    with opened(clinic, tmp_path) as found:
        yield found


@pytest.fixture
def station(clinic: Clinic, portal: Portal) -> Station:
    """The clinic's station, connected to this copy."""
    return clinic.station.at(portal.http, portal.clock)
