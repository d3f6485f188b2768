"""The tables of all projections, and how far each has come.

Rules kept here:

1. Rows and position of a projection change in one transaction, so a crash leaves both as they were.
2. Every table can be emptied and filled again from the log; none holds anything else.
"""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from domain.events.record import Record
from projections.writing import Rows

metadata = sa.MetaData()

JSON = sa.JSON(none_as_null=True)
"""A value of the domain in its JSON form; where there is none, the column is empty."""

BYTEWISE = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text in order of its UTF-8 bytes on every database, so that an index finds its beginnings."""

POSITION = sa.Table(
    "projection_position",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("stalled_seq", sa.BigInteger, nullable=True),
    sa.Column("stalled_why", sa.Text, nullable=True),
)
"""``seq`` is the last record applied, -1 for none; ``stalled_seq`` the record it cannot apply."""

ERASED = sa.Table(
    "projection_erased_key",
    metadata,
    sa.Column("projection", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
)
"""The data keys whose destruction a projection has applied."""

REBUILD = sa.Table(
    "projection_rebuild",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("shape", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("records_per_s", sa.Float, nullable=True),
)
"""The projections being rebuilt beside what readers read: ``seq`` is the last record applied there,
``shape`` the digest of how its tables were made."""

Apply = Callable[[Rows, Record], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """Tables for one kind of reader and the function that keeps them.

    Attributes:
        name: Permanent word.
        version: Raised whenever the rows would come out differently; leads to a rebuild.
        tables: The tables it owns, children before parents.
        apply: Applies one record; gets shredded records too and must not fail on them.
        handles: Names of the events it does anything with; none for whatever there is. Others are
            not given to it.
    """

    name: str
    version: int
    tables: tuple[sa.Table, ...]
    apply: Apply
    handles: frozenset[str] | None = None
