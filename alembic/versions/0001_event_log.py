"""The record: stored events in one gapless order, the tree over them, checkpoints.

Columns ``originator_id`` (stream), ``originator_version``, ``topic`` (the event's permanent name)
and ``state`` (ciphertext) bear the names the eventsourcing library reads them by, and so do
``rowid`` on SQLite and ``notification_id`` on PostgreSQL: the record's seq plus one.

``entry`` is what was hashed; the columns before it repeat it for queries and are checked against
it whenever a record is read.

The triggers refuse changes and gaps whoever asks. A person with all rights can remove triggers;
that is found by the hashes, not prevented here.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("log_owner", "records", "tree_nodes", "checkpoints")

SQLITE = (
    """
    CREATE TABLE log_owner (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        clinic TEXT NOT NULL
    ) STRICT
    """,
    # Row ids are implicit and reused in SQLite unless declared; the library reads this very name.
    """
    CREATE TABLE records (
        rowid INTEGER PRIMARY KEY CHECK (rowid >= 1),
        originator_id TEXT NOT NULL,
        originator_version INTEGER NOT NULL CHECK (originator_version >= 1),
        topic TEXT NOT NULL,
        schema INTEGER NOT NULL,
        committed_at_us INTEGER NOT NULL,
        actor TEXT NOT NULL,
        device TEXT,
        device_sequence INTEGER,
        correlation TEXT NOT NULL,
        causation INTEGER,
        idempotency_key TEXT,
        ordinal INTEGER,
        key_id TEXT NOT NULL,
        previous BLOB NOT NULL CHECK (length(previous) = 32),
        leaf BLOB NOT NULL CHECK (length(leaf) = 32),
        entry BLOB NOT NULL,
        state BLOB NOT NULL,
        CHECK ((idempotency_key IS NULL) = (ordinal IS NULL)),
        UNIQUE (originator_id, originator_version)
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX records_idempotency ON records (actor, idempotency_key, ordinal)
    WHERE idempotency_key IS NOT NULL
    """,
    "CREATE INDEX records_key ON records (key_id)",
    "CREATE INDEX records_device ON records (device, device_sequence) WHERE device IS NOT NULL",
    """
    CREATE TABLE tree_nodes (
        seq INTEGER PRIMARY KEY CHECK (seq >= 0),
        hashes BLOB NOT NULL CHECK (length(hashes) >= 32 AND length(hashes) % 32 = 0)
    ) STRICT
    """,
    """
    CREATE TABLE checkpoints (
        size INTEGER PRIMARY KEY CHECK (size >= 1),
        signed_at_us INTEGER NOT NULL,
        note BLOB NOT NULL
    ) STRICT
    """,
    # INSERT OR REPLACE would delete without asking the triggers that refuse deletion, so every
    # way to meet an existing row is refused here.
    """
    CREATE TRIGGER records_follow BEFORE INSERT ON records
    WHEN NEW.rowid IS NOT (SELECT coalesce(max(rowid), 0) + 1 FROM records)
        OR NEW.originator_version IS NOT (
            SELECT coalesce(max(originator_version), 0) + 1 FROM records
            WHERE originator_id = NEW.originator_id
        )
        OR EXISTS (
            SELECT 1 FROM records WHERE actor = NEW.actor
            AND idempotency_key = NEW.idempotency_key AND ordinal = NEW.ordinal
            AND idempotency_key IS NOT NULL
        )
    BEGIN SELECT RAISE(ABORT, 'a record follows the last one of log and stream'); END
    """,
    """
    CREATE TRIGGER tree_nodes_follow BEFORE INSERT ON tree_nodes
    WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), -1) + 1 FROM tree_nodes)
    BEGIN SELECT RAISE(ABORT, 'tree nodes follow the last ones'); END
    """,
    """
    CREATE TRIGGER checkpoints_follow BEFORE INSERT ON checkpoints
    WHEN NEW.size <= (SELECT max(size) FROM checkpoints)
    BEGIN SELECT RAISE(ABORT, 'a checkpoint follows the last one'); END
    """,
    """
    CREATE TRIGGER log_owner_follow BEFORE INSERT ON log_owner
    WHEN EXISTS (SELECT 1 FROM log_owner)
    BEGIN SELECT RAISE(ABORT, 'a log has one owner'); END
    """,
)

SQLITE_REFUSAL = """
    CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
    BEGIN SELECT RAISE(ABORT, 'what was recorded is neither changed nor removed'); END
"""

POSTGRESQL = (
    """
    CREATE TABLE log_owner (
        only_row smallint PRIMARY KEY CHECK (only_row = 1),
        clinic text NOT NULL
    )
    """,
    # Writers lock this table, one after the other. It is not the table of records, because
    # LOCK TABLE asks for a right to change what it locks; nothing can ever stand in it.
    "CREATE TABLE log_writer (nothing boolean CHECK (false))",
    # No sequence: a refused insert would burn a number, and seq has no gaps.
    """
    CREATE TABLE records (
        notification_id bigint PRIMARY KEY CHECK (notification_id >= 1),
        originator_id text COLLATE "C" NOT NULL,
        originator_version bigint NOT NULL CHECK (originator_version >= 1),
        topic text COLLATE "C" NOT NULL,
        schema bigint NOT NULL,
        committed_at_us bigint NOT NULL,
        actor text COLLATE "C" NOT NULL,
        device text COLLATE "C",
        device_sequence bigint,
        correlation text COLLATE "C" NOT NULL,
        causation bigint,
        idempotency_key text COLLATE "C",
        ordinal bigint,
        key_id text COLLATE "C" NOT NULL,
        previous bytea NOT NULL CHECK (length(previous) = 32),
        leaf bytea NOT NULL CHECK (length(leaf) = 32),
        entry bytea NOT NULL,
        state bytea NOT NULL,
        CHECK ((idempotency_key IS NULL) = (ordinal IS NULL)),
        UNIQUE (originator_id, originator_version)
    ) WITH (toast_tuple_target = 8160)
    """,
    # Ciphertext does not compress; trying costs time on every append.
    "ALTER TABLE records ALTER COLUMN state SET STORAGE EXTERNAL",
    "ALTER TABLE records ALTER COLUMN entry SET STORAGE EXTERNAL",
    """
    CREATE UNIQUE INDEX records_idempotency ON records (actor, idempotency_key, ordinal)
    WHERE idempotency_key IS NOT NULL
    """,
    "CREATE INDEX records_key ON records (key_id)",
    "CREATE INDEX records_device ON records (device, device_sequence) WHERE device IS NOT NULL",
    """
    CREATE TABLE tree_nodes (
        seq bigint PRIMARY KEY CHECK (seq >= 0),
        hashes bytea NOT NULL CHECK (length(hashes) >= 32 AND length(hashes) % 32 = 0)
    )
    """,
    """
    CREATE TABLE checkpoints (
        size bigint PRIMARY KEY CHECK (size >= 1),
        signed_at_us bigint NOT NULL,
        note bytea NOT NULL
    )
    """,
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'what was recorded is neither changed nor removed'
            USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    # Once for all rows of an insert: asked row by row, it costs as much as the insert itself. What
    # stands has no gap, so a place follows the last one if the place before it stands. The plan is
    # made while the table is small and kept; it must be the one for a large table.
    """
    CREATE FUNCTION refuse_gap() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    DECLARE
        first bigint;
        last bigint;
        number bigint;
    BEGIN
        SELECT min(notification_id), max(notification_id), count(*)
        INTO first, last, number FROM added;
        IF last - first + 1 <> number
            OR first > 1 AND NOT EXISTS (
                SELECT FROM records WHERE notification_id = first - 1
            )
            OR EXISTS (
                SELECT FROM added WHERE originator_version > 1 AND NOT EXISTS (
                    SELECT FROM records AS before
                    WHERE before.originator_id = added.originator_id
                    AND before.originator_version = added.originator_version - 1
                    AND before.notification_id < added.notification_id
                )
            )
        THEN
            RAISE EXCEPTION 'a record follows the last one of log and stream'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER records_follow AFTER INSERT ON records
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_gap()
    """,
)

POSTGRESQL_REFUSAL = """
    CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        statements = [*SQLITE]
        statements += [
            SQLITE_REFUSAL.format(table=table, verb=verb)
            for table in APPEND_ONLY
            for verb in ("update", "delete")
        ]
    else:
        statements = [*POSTGRESQL]
        statements += [POSTGRESQL_REFUSAL.format(table=table) for table in APPEND_ONLY]
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record is never removed")
