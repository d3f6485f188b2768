"""Content that no record names: kept while its record may come, and then gone for good."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.blobs.memory import MemoryBlobStore
from adapters.database import migrate, open_engine
from adapters.memory import ManualClock, MemoryKeyRing, SeededRandomness
from adapters.unnamed_content import (
    CLAIM_ENDS,
    MINIMUM_AGE,
    UNNAMED_CONTENT,
    UnnamedContent,
    metadata,
)
from domain.errors import NotFound, Unavailable
from domain.values.content import Digest
from domain.values.time import ServerTime
from tests.adapters.keys.rings import subject_key

NOW = ServerTime.parse("2026-03-03T09:00:00.000000Z")
MOMENT = timedelta(microseconds=1)
KEY, OTHER = subject_key("unnamed"), subject_key("another")


class Killed(BaseException):
    """The process ends here."""


class Shelf:
    """A store whose content is noted, and a record that names what a test says."""

    def __init__(self, engine: sa.Engine) -> None:
        """Start empty."""
        self.clock = ManualClock(NOW)
        self.keys = MemoryKeyRing(SeededRandomness("unnamed"))
        self.keys.create(KEY)
        self.keys.create(OTHER)
        self.unnamed = UnnamedContent(engine, clock=self.clock)
        self.blobs = MemoryBlobStore(self.keys, arrivals=self.unnamed)
        self.named: set[bytes] = set()
        self.asked: Callable[[], None] = lambda: None

    def blobs_of_key(self, _key: str) -> Iterable[bytes]:
        """Return what the record names; something else may happen meanwhile."""
        found = frozenset(self.named)
        self.asked()
        return found

    def put(self, content: bytes, key: str = KEY) -> bytes:
        """Store content."""
        return self.blobs.put([content], key=key, expected=None, limit_bytes=100).name

    def has(self, content: bytes, key: str = KEY) -> bool:
        """Return whether content is there, without letting it wait anew."""
        try:
            list(self.blobs.read(Digest.of(content), key=key))
        except NotFound:
            return False
        return True

    def sweep(self) -> int:
        """Remove what is due."""
        return self.unnamed.sweep(self, self.blobs)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """Return a migrated database of each kind."""
    if request.param == "sqlite":
        dsn = f"sqlite:///{tmp_path}/vultus.sqlite"
    else:
        dsn = str(request.getfixturevalue("postgres_dsn"))
    migrate(dsn)
    made = open_engine(dsn)
    yield made
    made.dispose()


@pytest.fixture
def shelf(engine: sa.Engine) -> Shelf:
    """Return an empty store."""
    return Shelf(engine)


def _noted(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        query = sa.select(sa.func.count()).select_from(UNNAMED_CONTENT)
        return int(connection.execute(query).scalar_one())


def test_the_migrations_make_the_table_that_is_used(engine: sa.Engine) -> None:
    inspected = sa.inspect(engine)
    for table in metadata.sorted_tables:
        columns = {each["name"]: each["nullable"] for each in inspected.get_columns(table.name)}
        assert columns == {each.name: each.nullable for each in table.columns}
        keys = inspected.get_pk_constraint(table.name)["constrained_columns"]
        assert keys == [each.name for each in table.primary_key]


@pytest.mark.verifies("DRV-10")
def test_what_no_record_came_to_name_is_removed_after_a_week_and_not_before(shelf: Shelf) -> None:
    shelf.put(b"refused")
    shelf.clock.advance(MINIMUM_AGE - MOMENT)
    assert shelf.sweep() == 0
    assert shelf.has(b"refused")
    shelf.clock.advance(MOMENT)
    assert shelf.sweep() == 1
    assert not shelf.has(b"refused")
    assert shelf.sweep() == 0


def test_what_a_record_names_stays_and_is_noted_no_longer(shelf: Shelf, engine: sa.Engine) -> None:
    shelf.named.add(shelf.put(b"accepted"))
    shelf.put(b"another's, refused", OTHER)
    shelf.clock.advance(MINIMUM_AGE)
    assert shelf.sweep() == 1
    assert shelf.has(b"accepted")
    assert _noted(engine) == 0


def test_content_delivered_or_looked_for_again_waits_anew(shelf: Shelf) -> None:
    for content in (b"delivered again", b"about to be named"):
        shelf.put(content)
    shelf.clock.advance(MINIMUM_AGE)
    shelf.put(b"delivered again")
    shelf.blobs.find(Digest.of(b"about to be named"), key=KEY)
    shelf.clock.advance(MINIMUM_AGE - MOMENT)
    assert shelf.sweep() == 0
    assert shelf.has(b"delivered again")
    assert shelf.has(b"about to be named")


def test_a_record_that_comes_to_name_content_while_it_is_swept_finds_it_or_comes_again(
    shelf: Shelf,
) -> None:
    # Between the look at the record and the removal, a statement looks for its content.
    name = shelf.put(b"late")
    shelf.clock.advance(MINIMUM_AGE)

    def named_meanwhile() -> None:
        shelf.blobs.find(Digest.of(b"late"), key=KEY)
        shelf.named.add(name)

    shelf.asked = named_meanwhile
    assert shelf.sweep() == 0
    assert shelf.has(b"late")


def test_what_is_being_removed_can_neither_be_stored_nor_found(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.put(b"leaving")
    shelf.clock.advance(MINIMUM_AGE)
    purge = shelf.blobs.purge
    refused = []

    def met(names: Iterable[bytes]) -> int:
        for again in (
            lambda: shelf.put(b"leaving"),
            lambda: shelf.blobs.find(Digest.of(b"leaving"), key=KEY),
        ):
            with pytest.raises(Unavailable):
                again()
            refused.append(again)
        return purge(names)

    monkeypatch.setattr(shelf.blobs, "purge", met)
    assert shelf.sweep() == 1
    assert len(refused) == 2
    shelf.put(b"leaving")  # afterwards it is as new
    assert shelf.has(b"leaving")


@pytest.mark.parametrize("at", ["before", "after"])
def test_a_removal_that_was_cut_off_is_taken_over(
    shelf: Shelf, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    shelf.put(b"half removed")
    shelf.clock.advance(MINIMUM_AGE)
    purge = shelf.blobs.purge

    def cut_off(names: Iterable[bytes]) -> int:
        if at == "after":
            purge(names)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(shelf.blobs, "purge", cut_off)
        with pytest.raises(Killed):
            shelf.sweep()
    assert shelf.sweep() == 0  # whoever claimed it may still be at it
    shelf.clock.advance(CLAIM_ENDS)
    assert shelf.sweep() == (at == "before")
    assert not shelf.has(b"half removed")
    assert _noted(engine) == 0


def test_a_sweep_leaves_off_when_told_to(shelf: Shelf) -> None:
    for each in range(3):
        shelf.put(b"unnamed %d" % each, (KEY, OTHER)[each % 2])
    shelf.clock.advance(MINIMUM_AGE)
    answers = iter([False, False, True])
    assert shelf.unnamed.sweep(shelf, shelf.blobs, stopping=lambda: next(answers, True)) == 1
    assert shelf.sweep() == 2


def test_what_is_noted_is_known_by_its_key_before_it_is_stored(shelf: Shelf) -> None:
    mine = {shelf.put(b"one"), shelf.put(b"two")}
    shelf.put(b"three", OTHER)
    assert shelf.unnamed.of_key(KEY) == mine


def test_without_the_database_nothing_is_stored(shelf: Shelf, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE unnamed_content RENAME TO away"))
    with pytest.raises((Unavailable, sa.exc.ProgrammingError)):
        shelf.put(b"unknown")
    assert not shelf.has(b"unknown")
