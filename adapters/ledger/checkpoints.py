"""Where signed checkpoints are kept beside the log, with what witnesses said under them.

Rules kept here:

1. A checkpoint that is kept is never changed; keeping the same one again changes nothing. The same
   one is the same size and root: whether one key of the log signed or two is no difference.
2. A cosignature is added once and stays. Whoever is given a checkpoint gets its cosignatures too,
   as further lines of the note.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

import sqlalchemy as sa

from adapters.database import engine_errors, reading
from domain.errors import IntegrityFailure, MalformedInput
from domain.ledger.checkpoint import NoteSignature, parse_note, with_signatures
from domain.values.time import ServerTime

_CHECKPOINTS = sa.table(
    "checkpoints",
    sa.column("size", sa.BigInteger),
    sa.column("signed_at_us", sa.BigInteger),
    sa.column("note", sa.LargeBinary),
)
_COSIGNATURES = sa.table(
    "cosignatures",
    sa.column("size", sa.BigInteger),
    sa.column("witness", sa.Text),
    sa.column("key_id", sa.LargeBinary),
    sa.column("signature", sa.LargeBinary),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCheckpoint:
    """A signed checkpoint.

    Attributes:
        size: Number of records it covers.
        signed_at: When it was signed.
        note: The signed note: the log's signatures, then those of witnesses.
    """

    size: int
    signed_at: ServerTime
    note: bytes


class CheckpointShelf(Protocol):
    """Keeps checkpoints in the order of their sizes."""

    def keep(self, kept: KeptCheckpoint) -> None:
        """Keep a checkpoint, unless a larger one is kept; durable once this returns.

        Raises:
            IntegrityFailure: another checkpoint of this size is kept.
            Unavailable: the database cannot be written.
        """
        ...

    def newest(self) -> KeptCheckpoint | None:
        """Return the largest checkpoint, if there is one."""
        ...

    def covering(self, seq: int) -> KeptCheckpoint | None:
        """Return the smallest checkpoint that covers a record, if there is one."""
        ...

    def all(self) -> tuple[KeptCheckpoint, ...]:
        """Return every checkpoint, smallest first."""
        ...

    def cosigned(self) -> KeptCheckpoint | None:
        """Return the largest checkpoint under which a witness said something, if there is one."""
        ...

    def cosign(self, size: int, lines: Iterable[NoteSignature]) -> None:
        """Keep what witnesses said under a checkpoint; durable once this returns.

        Raises:
            Unavailable: the database cannot be written.
        """
        ...


class DatabaseShelf:
    """Keeps checkpoints in the database of the log."""

    def __init__(self, engine: sa.Engine) -> None:
        """Use the table ``checkpoints`` of this database."""
        self._engine = engine

    def keep(self, kept: KeptCheckpoint) -> None:
        """Keep a checkpoint; durable once this returns."""
        values = {
            "size": kept.size,
            "signed_at_us": kept.signed_at.us,
            "note": kept.note,
        }
        with engine_errors():
            try:
                with self._engine.begin() as connection:
                    connection.execute(sa.insert(_CHECKPOINTS).values(values))
            except sa.exc.IntegrityError as error:
                # Another process may have signed meanwhile: the same tree, which gives the same
                # bytes, or a larger one, beside which this one is not needed.
                newest = self.newest()
                if newest is None or not _covers(newest, kept):
                    message = f"another checkpoint is kept where that of {kept.size} belongs"
                    raise IntegrityFailure(message) from error

    def newest(self) -> KeptCheckpoint | None:
        """Return the largest checkpoint, if there is one."""
        largest = sa.select(sa.func.max(_CHECKPOINTS.c.size)).scalar_subquery()
        return next(iter(self._select(_CHECKPOINTS.c.size == largest)), None)

    def covering(self, seq: int) -> KeptCheckpoint | None:
        """Return the smallest checkpoint that covers a record, if there is one."""
        smallest = sa.select(sa.func.min(_CHECKPOINTS.c.size)).where(_CHECKPOINTS.c.size > seq)
        found = self._select(_CHECKPOINTS.c.size == smallest.scalar_subquery())
        return next(iter(found), None)

    def all(self) -> tuple[KeptCheckpoint, ...]:
        """Return every checkpoint, smallest first."""
        return self._select(sa.true())

    def cosigned(self) -> KeptCheckpoint | None:
        """Return the largest checkpoint under which a witness said something, if there is one."""
        largest = sa.select(sa.func.max(_COSIGNATURES.c.size)).scalar_subquery()
        return next(iter(self._select(_CHECKPOINTS.c.size == largest)), None)

    def cosign(self, size: int, lines: Iterable[NoteSignature]) -> None:
        """Keep what witnesses said under a checkpoint; durable once this returns."""
        there = sa.select(_COSIGNATURES.c.size)
        with engine_errors(), self._engine.begin() as connection:
            for line in lines:
                place = {"size": size, "witness": line.name, "key_id": line.key_id}
                if connection.execute(there.filter_by(**place)).first() is None:
                    row = {**place, "signature": line.signature}
                    connection.execute(sa.insert(_COSIGNATURES).values(row))

    def _select(self, condition: sa.ColumnElement[bool]) -> tuple[KeptCheckpoint, ...]:
        query = sa.select(_CHECKPOINTS).where(condition).order_by(_CHECKPOINTS.c.size)
        lines: dict[int, list[NoteSignature]] = {}
        with engine_errors(), reading(self._engine).connect() as connection:
            rows = connection.execute(query).all()
            if not rows:
                return ()
            between = _COSIGNATURES.c.size.between(rows[0].size, rows[-1].size)
            ordered = sa.select(_COSIGNATURES).where(between).order_by(_COSIGNATURES.c.witness)
            for row in connection.execute(ordered):
                line = NoteSignature(name=row.witness, key_id=row.key_id, signature=row.signature)
                lines.setdefault(row.size, []).append(line)
        return tuple(
            KeptCheckpoint(
                size=row.size,
                signed_at=ServerTime(row.signed_at_us),
                note=with_signatures(row.note, lines[row.size]) if row.size in lines else row.note,
            )
            for row in rows
        )


class MemoryShelf:
    """Keeps checkpoints as long as the process lives."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._kept: list[KeptCheckpoint] = []
        self._cosigned: set[int] = set()

    def keep(self, kept: KeptCheckpoint) -> None:
        """Keep a checkpoint."""
        newest = self.newest()
        if newest is None or newest.size < kept.size:
            self._kept.append(kept)
        elif not _covers(newest, kept):
            message = f"another checkpoint is kept where that of {kept.size} belongs"
            raise IntegrityFailure(message)

    def newest(self) -> KeptCheckpoint | None:
        """Return the largest checkpoint, if there is one."""
        return self._kept[-1] if self._kept else None

    def covering(self, seq: int) -> KeptCheckpoint | None:
        """Return the smallest checkpoint that covers a record, if there is one."""
        return next((each for each in self._kept if each.size > seq), None)

    def all(self) -> tuple[KeptCheckpoint, ...]:
        """Return every checkpoint, smallest first."""
        return tuple(self._kept)

    def cosigned(self) -> KeptCheckpoint | None:
        """Return the largest checkpoint under which a witness said something, if there is one."""
        return next((each for each in reversed(self._kept) if each.size in self._cosigned), None)

    def cosign(self, size: int, lines: Iterable[NoteSignature]) -> None:
        """Keep what witnesses said under a checkpoint."""
        added = tuple(lines)
        self._cosigned.add(size)
        self._kept = [
            replace(each, note=with_signatures(each.note, added)) if each.size == size else each
            for each in self._kept
        ]


def same_text(first: bytes, second: bytes) -> bool:
    """Say whether two signed notes sign the same text, whoever signed it."""
    if first == second:
        return True
    try:
        return parse_note(first).text == parse_note(second).text
    except MalformedInput:
        return False


def _covers(newest: KeptCheckpoint, kept: KeptCheckpoint) -> bool:
    return newest.size > kept.size or same_text(newest.note, kept.note)
