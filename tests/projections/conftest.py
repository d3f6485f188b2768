"""What several tests of the read models ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.database import open_engine
from tests.contracts.logs import databases
from tests.environment.postgres import PostgresServer
from tests.projections.clinic import Clinic, a_clinic
from tests.projections.histories import EVERY_STEP, History


@pytest.fixture(scope="session")
def eventful() -> Clinic:
    """Return a clinic in which everything happened but an erasure; nobody writes in its record."""
    clinic = a_clinic()
    History(clinic).take(EVERY_STEP)
    return clinic


@pytest.fixture(params=["sqlite", "postgresql"])
def dsn(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_server: PostgresServer
) -> Iterator[str]:
    """Return the address of a new, migrated database of each kind."""
    if request.param == "sqlite":
        yield databases(postgres_server).sqlite(tmp_path)
        return
    name, address = databases(postgres_server).postgresql()
    yield address
    postgres_server.drop(name)


@pytest.fixture
def engine(dsn: str) -> Iterator[sa.Engine]:
    """Return the shipped engine on a new, migrated database of each kind."""
    engine = open_engine(dsn)
    yield engine
    engine.dispose()
