"""A ready clinic for every test here, made once."""

import io
from collections.abc import Iterator
from pathlib import Path

import argon2
import pytest
import structlog

from adapters import accounts
from adapters.logging import set_up
from tests.api.portal import Clinic, Person, Portal, make_clinic, opened, opening
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


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Log as it is shipped, to where nobody reads it."""
    set_up(stream=io.StringIO())
    yield
    structlog.reset_defaults()


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


@pytest.fixture
def operator(portal: Portal) -> Person:
    """The operator, signed in."""
    return portal.sign_in("operator")


@pytest.fixture
def session(clinic: Clinic, operator: Person) -> str:
    """An open session that the station captures; tests of imports have another."""
    opened = operator.done("/capture-sessions", opening(clinic, device=str(clinic.station.device)))
    return str(opened["session"])


@pytest.fixture
def manifest(station: Station, session: str) -> str:
    """The list of approved models the session was opened with."""
    (order,) = station.send("GET", "/orders").json()["orders"]
    return str(order["model_manifest"])
