"""What lies beside the record is sealed, comes back, and nothing is forgotten."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.accounts import ACCOUNT, Accounts
from adapters.backup.beside import KEPT, LEFT_OUT, REACHED, put_beside_back, seal_beside
from adapters.database import migrate, open_engine
from adapters.memory import MemoryKeyRing, SeededRandomness
from adapters.positions import POSITION, SET_ASIDE, DatabasePositions, SetAside, SetAsideRecords
from domain.errors import DigestMismatch
from domain.values.identifiers import PractitionerId
from domain.values.time import ServerTime
from projections.catalogue import ALL
from projections.tables import metadata as projected
from tests.contracts.logs import CLINIC_KEY, START


def keys_of(seed: str) -> MemoryKeyRing:
    keys = MemoryKeyRing(SeededRandomness(seed))
    keys.create(CLINIC_KEY)
    return keys


def database(folder: Path, name: str) -> sa.Engine:
    dsn = f"sqlite:///{folder / name}"
    migrate(dsn)
    return open_engine(dsn)


def test_accounts_and_positions_come_back(tmp_path: Path) -> None:
    keys, one, other = keys_of("a"), database(tmp_path, "one"), database(tmp_path, "other")
    accounts = Accounts(one, keys=keys, clinic_key=CLINIC_KEY, randomness=SeededRandomness("b"))
    person = PractitionerId.derived("somebody")
    accounts.issue(person, account="Wilhelmina", password="correct horse battery staple")
    DatabasePositions(one).save("workers", 41)
    aside = SetAside(seq=40, lane="a", tries=1, again_at=ServerTime(START.us), why="Unavailable")
    SetAsideRecords(one, "workers").add(aside)
    sealed = seal_beside(one, keys=keys, clinic_key=CLINIC_KEY)
    assert b"Wilhelmina" not in sealed
    with other.connect() as connection:
        put_beside_back(connection, sealed, keys=keys, clinic_key=CLINIC_KEY)
        connection.commit()
    for table in (ACCOUNT, POSITION, SET_ASIDE):
        with one.connect() as here, other.connect() as there:
            rows = here.execute(sa.select(table)).all()
            assert rows
            assert rows == there.execute(sa.select(table)).all()
    one.dispose()
    other.dispose()


def test_how_far_workers_came_may_be_left_behind(tmp_path: Path) -> None:
    keys, one, other = keys_of("a"), database(tmp_path, "one"), database(tmp_path, "other")
    DatabasePositions(one).save("workers", 41)
    sealed = seal_beside(one, keys=keys, clinic_key=CLINIC_KEY)
    names = [each for each in KEPT if each not in REACHED]
    with other.connect() as connection:
        put_beside_back(connection, sealed, keys=keys, clinic_key=CLINIC_KEY, names=names)
        connection.commit()
    assert DatabasePositions(other).load("workers") == -1
    one.dispose()
    other.dispose()


def test_what_was_sealed_is_opened_by_its_own_key_alone(tmp_path: Path) -> None:
    keys, one = keys_of("a"), database(tmp_path, "one")
    sealed = seal_beside(one, keys=keys, clinic_key=CLINIC_KEY)
    with one.connect() as connection:
        for wrong, ring in ((sealed[:-1] + b"?", keys), (sealed, keys_of("other"))):
            with pytest.raises(DigestMismatch):
                put_beside_back(connection, wrong, keys=ring, clinic_key=CLINIC_KEY)
    one.dispose()


def test_every_table_is_kept_or_left_out_for_a_reason(tmp_path: Path) -> None:
    engine = database(tmp_path, "one")
    there = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    assert ALL
    known = {*KEPT, *LEFT_OUT, *(table.name for table in projected.sorted_tables)}
    assert there - known == set(), "say in adapters/backup/beside.py what becomes of them"
