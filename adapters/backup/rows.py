"""Puts records back into an empty database, bit for bit, with the tree over them.

Rules kept here:

1. A record comes back with the bytes it had; columns beside them follow from those bytes, and the
   leaf hash that comes out must be the one that was kept.
2. The tree is built again, never copied, so its root proves the rows.
3. PostgreSQL takes everything in one transaction: a crash leaves an empty database. On SQLite the
   whole file is new, and is removed after an error.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, islice
from typing import Any, Final

import psycopg
import sqlalchemy as sa

from adapters.database import engine_errors
from adapters.eventlog.failures import database_errors
from adapters.eventlog.rows import Row, make_row
from adapters.eventlog.statements import STORED_COLUMNS
from adapters.ledger.checkpoints import KeptCheckpoint
from adapters.ledger.tree_store import EMPTY_EDGE, Edge, NodeRow, grow
from domain.errors import DigestMismatch, RuleViolation
from domain.ledger.entry import decode_entry
from domain.ledger.export import StoredRecord
from domain.ledger.merkle import fold_right
from domain.values.identifiers import ClinicId

BATCH: Final = 1000
COMMIT_EVERY: Final = 20

_POSITION: Final = {"sqlite": "rowid", "postgresql": "notification_id"}
_NODE_COLUMNS: Final = ("seq", "hashes")


def require_empty(connection: sa.Connection) -> None:
    """Refuse a database that holds anything of a record.

    Raises:
        RuleViolation: it does; the message says what.
    """
    for table in ("records", "log_owner", "checkpoints", "account"):
        found = connection.execute(sa.select(sa.func.count()).select_from(sa.table(table)))
        if rows := found.scalar_one():
            raise RuleViolation(
                "restore.empty",
                f"the database holds {rows} rows in {table} already",
                "Restore into an empty database; nothing is ever written over.",
            )


def put_back(
    connection: sa.Connection,
    records: Iterable[StoredRecord],
    *,
    clinic: ClinicId,
    progress: Callable[[int], None] | None = None,
) -> bytes:
    """Write records and tree and return the root over them; the caller commits.

    Raises:
        DigestMismatch: a record's bytes do not have the leaf hash that was kept.
        Unavailable: the database is full or away.
    """
    edge: Edge = EMPTY_EDGE
    rows = _rows(records)
    with engine_errors(), database_errors():
        owner = {"only_row": 1, "clinic": str(clinic)}
        log_owner = sa.table("log_owner", *(sa.column(name) for name in owner))
        connection.execute(sa.insert(log_owner).values(owner))
        for number in count(1):
            batch = list(islice(rows, BATCH))
            if not batch:
                break
            edge, nodes = grow(edge, [row.leaf for row in batch])
            _write(connection, batch, nodes)
            if connection.dialect.name == "sqlite" and not number % COMMIT_EVERY:
                connection.commit()  # the next statement begins another
            if progress is not None:
                progress(edge.size)
    return fold_right(list(edge.peaks.values()))


def put_checkpoints_back(connection: sa.Connection, kept: Sequence[KeptCheckpoint]) -> None:
    """Write checkpoints; the caller commits."""
    names = ("size", "signed_at_us", "note")
    table = sa.table("checkpoints", *(sa.column(name) for name in names))
    rows = [
        {"size": each.size, "signed_at_us": each.signed_at.us, "note": each.note} for each in kept
    ]
    if rows:
        with engine_errors():
            connection.execute(sa.insert(table), rows)


def _rows(records: Iterable[StoredRecord]) -> Iterator[Row]:
    """Yield the rows as the log wrote them.

    All records of one request were committed together, so their ordinals are counted within one
    commit time.
    """
    at_us, ordinals = -1, dict[tuple[str, str], int]()
    for record in records:
        entry = decode_entry(record.entry)
        header, ordinal = entry.header, None
        if header.committed_at_us != at_us:
            at_us, ordinals = header.committed_at_us, {}
        if header.idempotency_key is not None:
            request = header.actor, header.idempotency_key
            ordinal = ordinals.get(request, 0)
            ordinals[request] = ordinal + 1
        row = make_row(entry, record.entry, record.ciphertext, ordinal)
        if row.leaf != record.leaf:
            raise DigestMismatch(f"record {row.seq} does not have the leaf hash that was kept")
        yield row


def _write(connection: sa.Connection, rows: Sequence[Row], nodes: Sequence[NodeRow]) -> None:
    columns = (_POSITION[connection.dialect.name], *STORED_COLUMNS)
    for table, names, content in (("records", columns, rows), ("tree_nodes", _NODE_COLUMNS, nodes)):
        listed = ", ".join(names)
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(names))
            statement = f"INSERT INTO {table} ({listed}) VALUES ({marks})"  # noqa: S608 - our names
            connection.exec_driver_sql(statement, [tuple(each) for each in content])
        else:
            driver: Any = connection.connection.driver_connection
            _copy(driver, f"COPY {table} ({listed}) FROM STDIN", content)


def _copy(
    driver: psycopg.Connection[Any], statement: str, content: Sequence[tuple[Any, ...]]
) -> None:
    with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for each in content:
            copy.write_row(each)
