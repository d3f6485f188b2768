"""Numbers that are good once: on both databases, at every process, until they cannot matter."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.database import migrate, open_engine
from adapters.device_nonces import DEVICE_NONCE, REMEMBERED, SWEEP_EVERY, DeviceNonces, metadata
from adapters.device_requests import TOLERANCE
from domain.errors import Unavailable
from domain.values.identifiers import DeviceId
from domain.values.time import ServerTime

NOW = ServerTime.parse("2026-03-03T09:00:00.000000Z")
SECOND = timedelta(seconds=1)
ONE, OTHER = (DeviceId.derived("nonces", name) for name in ("one", "other"))


@pytest.fixture(params=["sqlite", "postgresql"])
def dsn(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return a migrated, empty database of each kind."""
    if request.param == "sqlite":
        made = f"sqlite:///{tmp_path}/vultus.sqlite"
    else:
        made = str(request.getfixturevalue("postgres_dsn"))
    migrate(made)
    return made


@pytest.fixture
def engine(dsn: str) -> Iterator[sa.Engine]:
    """Return an engine of this process."""
    made = open_engine(dsn)
    yield made
    made.dispose()


def _kept(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        query = sa.select(sa.func.count()).select_from(DEVICE_NONCE)
        return connection.execute(query).scalar_one()


def test_the_migrations_make_the_table_that_is_used(engine: sa.Engine) -> None:
    inspected = sa.inspect(engine)
    for table in metadata.sorted_tables:
        columns = {each["name"]: each["nullable"] for each in inspected.get_columns(table.name)}
        assert columns == {each.name: each.nullable for each in table.columns}
        keys = inspected.get_pk_constraint(table.name)["constrained_columns"]
        assert keys == [each.name for each in table.primary_key]


def test_a_number_is_used_once_by_each_device(engine: sa.Engine) -> None:
    nonces = DeviceNonces(engine)
    assert nonces.use(ONE, "n", now=NOW)
    assert not nonces.use(ONE, "n", now=NOW)
    assert nonces.use(OTHER, "n", now=NOW)
    assert nonces.use(ONE, "m", now=NOW)


def test_a_number_is_remembered_at_every_process_and_after_a_restart(
    dsn: str, engine: sa.Engine
) -> None:
    assert DeviceNonces(engine).use(ONE, "n", now=NOW)
    another = open_engine(dsn)
    try:
        assert not DeviceNonces(another).use(ONE, "n", now=NOW)
    finally:
        another.dispose()


def test_a_number_is_forgotten_only_when_it_cannot_matter(engine: sa.Engine) -> None:
    # Dated ahead by the tolerance, and offered to a process that is behind by as much.
    assert REMEMBERED >= 3 * TOLERANCE
    nonces = DeviceNonces(engine)
    assert nonces.use(ONE, "n", now=NOW)
    assert not nonces.use(ONE, "n", now=NOW.plus(REMEMBERED - SECOND))
    assert nonces.use(ONE, "n", now=NOW.plus(REMEMBERED))
    assert not nonces.use(ONE, "n", now=NOW.plus(REMEMBERED))


def test_an_expired_number_that_was_not_removed_yet_is_good_again_once(engine: sa.Engine) -> None:
    nonces = DeviceNonces(engine)
    then = NOW.plus(REMEMBERED)
    assert nonces.use(ONE, "n", now=NOW)
    assert nonces.use(ONE, "sweeps now", now=then.plus(-SECOND))
    assert nonces.use(ONE, "n", now=then)
    assert not nonces.use(ONE, "n", now=then)


def test_the_table_does_not_grow_with_the_years(engine: sa.Engine) -> None:
    nonces = DeviceNonces(engine)
    step = SWEEP_EVERY / 2
    for number in range(100):
        assert nonces.use(ONE, str(number), now=NOW.plus(number * step))
    assert _kept(engine) <= (REMEMBERED + SWEEP_EVERY) / step + 1


def test_of_requests_that_arrive_together_one_is_taken(dsn: str) -> None:
    engines = [open_engine(dsn) for _ in range(2)]
    taken: list[bool] = []
    start = threading.Barrier(8)

    def ask(nonces: DeviceNonces) -> None:
        start.wait()
        taken.extend(nonces.use(ONE, str(number), now=NOW) for number in range(5))

    processes = [DeviceNonces(engine) for engine in engines]
    threads = [threading.Thread(target=ask, args=(processes[each % 2],)) for each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for engine in engines:
        engine.dispose()
    assert sorted(taken) == [False] * 35 + [True] * 5


def test_a_database_that_is_away_lets_no_number_pass(tmp_path: Path) -> None:
    path = tmp_path / "vultus.sqlite"
    migrate(f"sqlite:///{path}")
    engine = open_engine(f"sqlite:///{path}?mode=ro")
    try:
        with pytest.raises(Unavailable):
            DeviceNonces(engine).use(ONE, "n", now=NOW)
    finally:
        engine.dispose()
