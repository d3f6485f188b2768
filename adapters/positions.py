"""How far each reader of the log has come, and which records it set aside for later.

Rules kept here:

1. A position is durable once saved, and never moves back.
2. A record is set aside durably before the position moves past it, so nothing is skipped.
3. What waits in a lane is taken in the order of the log.
4. A reader whose effects lie in the same database moves its position with them, in one
   transaction that holds the position: nothing is done twice, however many try at once.
5. Whoever was overtaken cannot say any more that the reader stands still.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from adapters.database import engine_errors, reading
from domain.values.time import ServerTime

metadata = sa.MetaData()

POSITION = sa.Table(
    "worker_position",
    metadata,
    sa.Column("reader", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("stopped_seq", sa.BigInteger, nullable=True),
    sa.Column("stopped_why", sa.Text, nullable=True),
)
"""``stopped_seq`` is the record at which the reader stopped, ``stopped_why`` why."""

SET_ASIDE = sa.Table(
    "set_aside",
    metadata,
    sa.Column("reader", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("lane", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("again_us", sa.BigInteger, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)
"""``again_us`` is when it is tried next; ``why`` the kind of failure, empty for what only waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Where a reader stopped, and why.

    Attributes:
        seq: The record it could not react to.
        why: Kind of the failure.
    """

    seq: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A record whose reaction failed, or that waits behind one in its lane.

    Attributes:
        seq: The record.
        lane: What keeps its order: a subject's data key, or a stream.
        tries: How often it was tried.
        again_at: When it is tried next.
        why: Kind of the failure; empty while it only waits.
    """

    seq: int
    lane: str
    tries: int
    again_at: ServerTime
    why: str


class DatabasePositions:
    """Positions in the database of the projections."""

    def __init__(self, engine: sa.Engine) -> None:
        """Use the table ``worker_position`` of this database."""
        self._engine = engine

    def load(self, reader: str) -> int:
        """Return the seq of the last record a reader reacted to; -1 for a new reader.

        Raises:
            Unavailable: the database cannot be read.
        """
        query = sa.select(POSITION.c.seq).where(POSITION.c.reader == reader)
        with engine_errors(), reading(self._engine).connect() as connection:
            seq: int | None = connection.execute(query).scalar_one_or_none()
        return -1 if seq is None else seq

    def save(self, reader: str, seq: int) -> None:
        """Remember that a reader reacted to every record up to ``seq``, and so goes on.

        Raises:
            Unavailable: the database cannot be written; the position is where it was.
        """
        values = {"reader": reader, "seq": seq}
        with engine_errors(), self._engine.begin() as connection:
            made = _insert(connection, POSITION).values(values)
            connection.execute(
                made.on_conflict_do_update(
                    index_elements=[POSITION.c.reader],
                    set_={"seq": made.excluded.seq, "stopped_seq": None, "stopped_why": None},
                    where=POSITION.c.seq < made.excluded.seq,
                )
            )

    def hold(self, connection: sa.Connection, reader: str) -> int:
        """Return a reader's position, and keep it from moving until the transaction ends.

        Raises:
            Unavailable: the database cannot be written.
        """
        with engine_errors():
            made = _insert(connection, POSITION).values(reader=reader, seq=-1)
            connection.execute(made.on_conflict_do_nothing())
            found = sa.select(POSITION.c.seq).where(POSITION.c.reader == reader)
            seq: int = connection.execute(found.with_for_update()).scalar_one()
        return seq

    def move(self, connection: sa.Connection, reader: str, seq: int) -> None:
        """Move a position that is held, in the same transaction as what was done up to it.

        Raises:
            Unavailable: the database cannot be written.
        """
        change = sa.update(POSITION).where(POSITION.c.reader == reader, POSITION.c.seq < seq)
        with engine_errors():
            connection.execute(change.values(seq=seq, stopped_seq=None, stopped_why=None))

    def stop(self, reader: str, stop: Stop) -> None:
        """Remember where a reader stopped, unless it is past that; it goes on with the next save.

        A reader is not past a record that it set aside.

        Raises:
            Unavailable: the database cannot be written.
        """
        stopped = {"stopped_seq": stop.seq, "stopped_why": stop.why}
        waiting = sa.exists().where(SET_ASIDE.c.reader == reader, SET_ASIDE.c.seq == stop.seq)
        with engine_errors(), self._engine.begin() as connection:
            made = _insert(connection, POSITION).values(reader=reader, seq=-1, **stopped)
            connection.execute(
                made.on_conflict_do_update(
                    index_elements=[POSITION.c.reader],
                    set_=stopped,
                    where=sa.or_(POSITION.c.seq < stop.seq, waiting),
                )
            )

    def go_on(self, reader: str) -> None:
        """Forget where a reader stopped: it reacted to that record after all.

        Raises:
            Unavailable: the database cannot be written.
        """
        change = sa.update(POSITION).where(POSITION.c.reader == reader)
        with engine_errors(), self._engine.begin() as connection:
            connection.execute(change.values(stopped_seq=None, stopped_why=None))

    def stopped(self, reader: str) -> Stop | None:
        """Return where a reader stopped; none while it goes on.

        Raises:
            Unavailable: the database cannot be read.
        """
        query = sa.select(POSITION).where(
            POSITION.c.reader == reader, POSITION.c.stopped_seq.is_not(None)
        )
        with engine_errors(), reading(self._engine).connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Stop(seq=row.stopped_seq, why=row.stopped_why)


class SetAsideRecords:
    """The records one reader set aside."""

    def __init__(self, engine: sa.Engine, reader: str) -> None:
        """Use the table ``set_aside`` of this database."""
        self._engine = engine
        self._reader = reader
        self._mine = SET_ASIDE.c.reader == reader

    def add(self, record: SetAside) -> None:
        """Set a record aside, unless it is; durable once this returns.

        Raises:
            Unavailable: the database cannot be written.
        """
        values = {
            "reader": self._reader,
            "seq": record.seq,
            "lane": record.lane,
            "tries": record.tries,
            "again_us": record.again_at.us,
            "why": record.why,
        }
        with engine_errors(), self._engine.begin() as connection:
            made = _insert(connection, SET_ASIDE).values(values)
            connection.execute(made.on_conflict_do_nothing())

    def failed(self, record: SetAside) -> None:
        """Remember how a repeated try ended.

        Raises:
            Unavailable: the database cannot be written.
        """
        changed = (
            sa.update(SET_ASIDE)
            .where(self._mine, SET_ASIDE.c.seq == record.seq)
            .values(tries=record.tries, again_us=record.again_at.us, why=record.why)
        )
        with engine_errors(), self._engine.begin() as connection:
            connection.execute(changed)

    def done(self, seq: int) -> None:
        """Forget a record whose reaction succeeded.

        Raises:
            Unavailable: the database cannot be written; the reaction is repeated.
        """
        with engine_errors(), self._engine.begin() as connection:
            connection.execute(sa.delete(SET_ASIDE).where(self._mine, SET_ASIDE.c.seq == seq))

    def all(self) -> tuple[SetAside, ...]:
        """Return every record set aside, in the order of the log.

        Raises:
            Unavailable: the database cannot be read.
        """
        query = sa.select(SET_ASIDE).where(self._mine).order_by(SET_ASIDE.c.seq)
        with engine_errors(), reading(self._engine).connect() as connection:
            return tuple(
                SetAside(
                    seq=row.seq,
                    lane=row.lane,
                    tries=row.tries,
                    again_at=ServerTime(row.again_us),
                    why=row.why,
                )
                for row in connection.execute(query)
            )


def _insert(connection: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """Return an insert that knows what to do when the row is there; both databases speak it."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
