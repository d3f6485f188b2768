"""Content that no record names yet: noted before it is stored, removed when none ever does.

Rules kept here:

1. Whatever is stored is named by a record or noted here, whenever a process ends.
2. Content waits a week for its record, from when it was last stored or looked for; much longer than
   a station relies on what it delivered (one day) and a worker needs. Then what no record of its
   key names is removed, and what one names is noted no longer.
3. Whoever removes content claims it first. What is claimed can neither be stored nor be found, so
   no record can come to name what is about to go. A claim left by a crash is taken over.
4. What is noted under a key belongs to what erasure removes, whatever its age.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import groupby
from typing import Final, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from adapters.database import engine_errors, reading
from domain.errors import Unavailable
from domain.ports import BlobStore, Clock

metadata = sa.MetaData()

UNNAMED_CONTENT = sa.Table(
    "unnamed_content",
    metadata,
    sa.Column("name", sa.LargeBinary, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("noted_us", sa.BigInteger, nullable=False),
    sa.Column("claimed_us", sa.BigInteger, nullable=True),
)
"""``name`` is what it is stored under, ``key`` the data key it is sealed under; ``claimed_us`` is
when somebody began to remove it."""

MINIMUM_AGE: Final = timedelta(days=7)
CLAIM_ENDS: Final = timedelta(hours=1)
"""After which a claim was left by a crash; storage gives a removal up after minutes."""


class Named(Protocol):
    """Knows which stored contents records name, from headers alone."""

    def blobs_of_key(self, key: str) -> Iterable[bytes]:
        """Return the names of all stored contents that records under a data key name."""
        ...


class _Note(NamedTuple):
    name: bytes
    key: str
    noted_us: int
    claimed_us: int | None


class UnnamedContent:
    """The content of one clinic that no record names yet; for several threads and processes."""

    def __init__(self, engine: sa.Engine, *, clock: Clock) -> None:
        """Keep the notes in the clinic's database."""
        self._engine = engine
        self._clock = clock
        postgres = engine.dialect.name == "postgresql"
        self._insert = postgresql.insert if postgres else sqlite.insert

    def note(self, key: str, name: bytes) -> None:
        """Remember, durably, that content is about to be stored under a name of a data key.

        Raises:
            Unavailable: the database is away, or that very content is being removed.
        """
        values = {"name": name, "key": key, "noted_us": self._clock.now().us}
        noted = (
            self._insert(UNNAMED_CONTENT)
            .values(values)
            .on_conflict_do_update(
                index_elements=["name"],
                set_={"noted_us": values["noted_us"]},
                where=UNNAMED_CONTENT.c.claimed_us.is_(None),
            )
            .returning(UNNAMED_CONTENT.c.name)
        )
        with engine_errors(), self._engine.begin() as connection:
            if connection.execute(noted).first() is None:
                raise _being_removed()

    def renew(self, name: bytes) -> None:
        """Let content wait anew for its record; content that is not noted is left alone.

        Raises:
            Unavailable: the database is away, or that very content is being removed.
        """
        mine = UNNAMED_CONTENT.c.name == name
        with engine_errors(), reading(self._engine).connect() as connection:
            if connection.execute(sa.select(UNNAMED_CONTENT.c.key).where(mine)).first() is None:
                return  # nearly always: what is looked for was named long ago
        renewed = (
            sa.update(UNNAMED_CONTENT)
            .where(mine, UNNAMED_CONTENT.c.claimed_us.is_(None))
            .values(noted_us=self._clock.now().us)
        )
        with engine_errors(), self._engine.begin() as connection:
            if connection.execute(renewed).rowcount == 0:
                raise _being_removed()

    def of_key(self, key: str) -> frozenset[bytes]:
        """Return the names of all noted contents under a data key, 32 bytes each."""
        query = sa.select(UNNAMED_CONTENT.c.name).where(UNNAMED_CONTENT.c.key == key)
        with engine_errors(), reading(self._engine).connect() as connection:
            return frozenset(bytes(name) for (name,) in connection.execute(query))

    def sweep(
        self, records: Named, blobs: BlobStore, *, stopping: Callable[[], bool] = lambda: False
    ) -> int:
        """Remove what waited long enough and is named by nothing; return how many there were.

        A crash at any point leaves nothing half done that the next sweep does not end.

        Args:
            records: Knows what is named.
            blobs: Where content lies.
            stopping: Whether to leave off before the next content.

        Raises:
            Unavailable: database or storage failed; sweep again.
        """
        removed = 0
        for key, notes in groupby(self._due(), key=lambda note: note.key):
            if stopping():
                break
            named = frozenset(records.blobs_of_key(key))
            for note in notes:
                if stopping():
                    break
                if note.name in named:
                    self._forget(note)
                elif claimed := self._claim(note):
                    # A crash here leaves a claim, which a later sweep takes over.
                    removed += blobs.purge([note.name])
                    self._forget(claimed)
        return removed

    def _due(self) -> Iterator[_Note]:
        now = self._clock.now()
        table = UNNAMED_CONTENT.c
        waited = table.claimed_us.is_(None) & (table.noted_us <= now.plus(-MINIMUM_AGE).us)
        left = table.claimed_us <= now.plus(-CLAIM_ENDS).us
        query = sa.select(UNNAMED_CONTENT).where(waited | left).order_by(table.key, table.name)
        with engine_errors(), reading(self._engine).connect() as connection:
            found = connection.execute(query).all()
        return (_Note(bytes(row.name), row.key, row.noted_us, row.claimed_us) for row in found)

    def _claim(self, note: _Note) -> _Note | None:
        """Claim content, unless it was put, looked for or claimed since it was found due."""
        now_us = self._clock.now().us
        claim = sa.update(UNNAMED_CONTENT).where(*_unmoved(note)).values(claimed_us=now_us)
        with engine_errors(), self._engine.begin() as connection:
            claimed = connection.execute(claim).rowcount
        return note._replace(claimed_us=now_us) if claimed else None

    def _forget(self, note: _Note) -> None:
        with engine_errors(), self._engine.begin() as connection:
            connection.execute(sa.delete(UNNAMED_CONTENT).where(*_unmoved(note)))


def _unmoved(note: _Note) -> tuple[sa.ColumnElement[bool], ...]:
    """Return what holds while nobody else touched a note."""
    table = UNNAMED_CONTENT.c
    claim = table.claimed_us.is_not_distinct_from(note.claimed_us)
    return (table.name == note.name, table.noted_us == note.noted_us, claim)


def _being_removed() -> Unavailable:
    return Unavailable("that content is just being removed, for no record named it; store it again")
