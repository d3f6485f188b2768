"""What lies beside the record in its database and cannot be had from it again, sealed.

Rules kept here:

1. Accounts hold names and password hashes, so all of this is sealed under the clinic's key: a
   backup without its keys tells nothing.
2. It is read before the checkpoint is signed up to which records are copied. So a position never
   says more than the records beside it, and a step that is repeated works once.
3. Sign-ins are left out: whoever was signed in signs in again. Projections are left out: they are
   filled from the log.
"""

import base64
import secrets
from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa

from adapters.database import engine_errors, reading
from adapters.keys.wrapping import NONCE_SIZE
from domain.ledger import canonical
from domain.ports import KeyRing

KEPT: Final = (
    "account",
    "worker_position",
    "set_aside",
    "witnessed_logs",
    "witness_conflicts",
)
"""The tables that are kept; a witness that forgot what it cosigned would cosign a fork."""

REACHED: Final = ("worker_position", "set_aside")
"""What says how far the workers came; worthless once records are given up."""

LEFT_OUT: Final = {
    "alembic_version": "the migrations write it",
    "log_owner": "it follows from the clinic",
    "log_writer": "a lock; nothing is ever in it",
    "records": "copied as records",
    "tree_nodes": "built again from the records",
    "checkpoints": "copied with each segment",
    "cosignatures": "further lines of the checkpoints that are copied",
    "checkpoint_places": "each outside place is asked what it has",
    "sign_in": "whoever was signed in signs in again",
    "unnamed_content": "only what records name is copied; the rest is delivered again",
    "device_nonce": "a signed request is too old to be taken by the time a record is restored",
}
"""What is not kept here although it is no projection's, and why."""

_ASSOCIATED: Final = b"vultus/backup/beside/v1\n"


def seal_beside(engine: sa.Engine, *, keys: KeyRing, clinic_key: str) -> bytes:
    """Return what is kept as it is now, sealed.

    Raises:
        Unavailable: the database cannot be read.
    """
    with engine_errors(), reading(engine).connect() as connection:
        rows = {
            name: [
                {str(column): _plain(value) for column, value in row.items()}
                for row in connection.execute(sa.select(table)).mappings()
            ]
            for name, table in _tables(connection, KEPT).items()
        }
    nonce = secrets.token_bytes(NONCE_SIZE)
    return nonce + keys.seal(clinic_key, nonce, canonical.encode(rows), _ASSOCIATED)


def put_beside_back(
    connection: sa.Connection,
    sealed: bytes,
    *,
    keys: KeyRing,
    clinic_key: str,
    names: Collection[str] = KEPT,
) -> None:
    """Put what was kept back into an empty database.

    Args:
        connection: The database; the caller commits.
        sealed: What was kept.
        keys: Opens it.
        clinic_key: The key it is sealed under.
        names: The tables to fill.

    Raises:
        DigestMismatch: what was sealed was changed, or is sealed under another key.
        Unavailable: the database cannot be written.
    """
    nonce, ciphertext = sealed[:NONCE_SIZE], sealed[NONCE_SIZE:]
    kept: Any = canonical.parse(keys.open(clinic_key, nonce, ciphertext, _ASSOCIATED))
    with engine_errors():
        for name, table in _tables(connection, names).items():
            rows = [_typed(table, row) for row in kept.get(name, ())]
            if rows:
                connection.execute(sa.insert(table), rows)


def _tables(connection: sa.Connection, names: Collection[str]) -> dict[str, sa.Table]:
    """Return the tables as the database has them, whoever defines them."""
    metadata = sa.MetaData()
    metadata.reflect(connection, only=list(names))
    return {name: metadata.tables[name] for name in names}


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _typed(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    return {
        column.name: base64.b64decode(row[column.name])
        if isinstance(column.type, sa.LargeBinary)
        else row[column.name]
        for column in table.columns
    }
