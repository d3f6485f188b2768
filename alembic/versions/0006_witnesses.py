"""Witnesses: what others said under our checkpoints, how places outside stand, what we cosigned.

``cosignatures`` and ``witness_conflicts`` are only ever added to. ``witnessed_logs`` holds one row
for each log that this server witnesses: the newest checkpoint it cosigned, and by that what it
refuses from then on.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE cosignatures (
        size {integer} NOT NULL,
        witness {text} NOT NULL,
        key_id {blob} NOT NULL CHECK (length(key_id) = 4),
        signature {blob} NOT NULL,
        PRIMARY KEY (size, witness, key_id)
    )
    """,
    """
    CREATE TABLE checkpoint_places (
        place {text} PRIMARY KEY,
        size {integer} NOT NULL,
        kept_at_us {integer},
        problem {text} NOT NULL,
        alarm {text} NOT NULL
    )
    """,
    """
    CREATE TABLE witnessed_logs (
        origin {text} PRIMARY KEY,
        origin_hash {text} NOT NULL UNIQUE,
        size {integer} NOT NULL CHECK (size >= 0),
        root {blob} NOT NULL,
        note {blob} NOT NULL,
        cosigned_at_us {integer} NOT NULL
    )
    """,
    """
    CREATE TABLE witness_conflicts (
        origin {text} NOT NULL,
        size {integer} NOT NULL,
        root {blob} NOT NULL CHECK (length(root) = 32),
        note {blob} NOT NULL,
        known {blob} NOT NULL,
        seen_at_us {integer} NOT NULL,
        PRIMARY KEY (origin, size, root)
    )
    """,
)
SQLITE = {"integer": "INTEGER", "text": "TEXT", "blob": "BLOB"}
POSTGRESQL = {"integer": "bigint", "text": 'text COLLATE "C"', "blob": "bytea"}


def upgrade() -> None:
    types = SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL
    for table in TABLES:
        op.execute(table.format(**types))


def downgrade() -> None:
    raise NotImplementedError("what was cosigned is never removed")
