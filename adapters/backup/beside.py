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
from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa

from adapters.accounts import ACCOUNT
from adapters.database import engine_errors, reading
from adapters.keys.wrapping import NONCE_SIZE
from adapters.positions import POSITION, SET_ASIDE
from domain.errors import DigestMismatch
from domain.ledger import canonical
from domain.ports import KeyRing

TABLES: Final = (ACCOUNT, POSITION, SET_ASIDE)
"""What is kept."""

REACHED: Final = (POSITION, SET_ASIDE)
"""What says how far the workers came; worthless once records are given up."""

LEFT_OUT: Final = {
    "alembic_version": "the migrations write it",
    "log_owner": "it follows from the clinic",
    "log_writer": "a lock; nothing is ever in it",
    "records": "copied as records",
    "tree_nodes": "built again from the records",
    "checkpoints": "copied with each segment",
    "sign_in": "whoever was signed in signs in again",
}
"""What is not kept here although it is no projection's, and why."""

_ASSOCIATED: Final = b"vultus/backup/beside/v1\n"


def seal_beside(engine: sa.Engine, *, keys: KeyRing, clinic_key: str) -> bytes:
    """Return accounts and positions as they are now, sealed.

    Raises:
        Unavailable: the database cannot be read.
    """
    with engine_errors(), reading(engine).connect() as connection:
        rows = {
            table.name: [
                {name: _plain(value) for name, value in row.items()}
                for row in connection.execute(sa.select(table)).mappings()
            ]
            for table in TABLES
        }
    nonce = secrets.token_bytes(NONCE_SIZE)
    return nonce + keys.seal(clinic_key, nonce, canonical.encode(rows), _ASSOCIATED)


def put_beside_back(
    connection: sa.Connection,
    sealed: bytes,
    *,
    keys: KeyRing,
    clinic_key: str,
    tables: Iterable[sa.Table],
) -> None:
    """Put accounts and positions back into an empty database.

    Raises:
        DigestMismatch: what was sealed was changed, or is sealed under another key.
        Unavailable: the database cannot be written.
    """
    nonce, ciphertext = sealed[:NONCE_SIZE], sealed[NONCE_SIZE:]
    kept: Any = canonical.parse(keys.open(clinic_key, nonce, ciphertext, _ASSOCIATED))
    if not isinstance(kept, dict):
        raise DigestMismatch("what lay beside the log is not readable")
    for table in tables:
        rows = [_typed(table, row) for row in kept.get(table.name, [])]
        if rows:
            with engine_errors():
                connection.execute(sa.insert(table), rows)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _typed(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    return {
        column.name: base64.b64decode(row[column.name])
        if isinstance(column.type, sa.LargeBinary)
        else row[column.name]
        for column in table.columns
    }
