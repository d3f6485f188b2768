"""Tables beside those that are read: made, given to the readers in their place, and removed.

Rules kept here:

1. A table that was rebuilt has the shape that the migrations give: the same columns, constraints
   and indexes, by the same names, and on PostgreSQL the same owner and rights.
2. Giving the tables to the readers is one short transaction: they see all of the old rows or all of
   the new ones. A crash leaves one or the other.
3. In SQLite, the tables that were read before are removed piece by piece, because what is removed
   is overwritten, which takes long: nobody waits for it. PostgreSQL gives their files back at once.

Nothing else can rename an index in SQLite, so its name is changed where SQLite keeps it. That is
documented as possible and as dangerous; the tests compare what comes out and check the whole file.
Source: SQLite, PRAGMA writable_schema.
"""

from collections.abc import Collection, Sequence
from contextlib import closing
from functools import cache
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateSchema, CreateTable

from projections.statements import BESIDE_SCHEMA, Place, name_in
from projections.tables import Projection

PIECE = 10_000
"""How many rows of a table that was read before are removed at once."""

_READERS_MS = 500
_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '5s'"  # readers must not queue long behind a swap
_RIGHTS = """
SELECT coalesce(bool_and(pg_has_role(c.relowner, 'USAGE')), false)
   AND has_schema_privilege(current_schema(), 'CREATE')
   AND coalesce(has_schema_privilege(to_regnamespace(:beside)::oid, 'CREATE'),
                has_database_privilege(current_database(), 'CREATE'))
  FROM pg_class c
 WHERE c.oid = ANY(SELECT to_regclass(name) FROM unnest(CAST(:tables AS text[])) AS name)
"""
_GRANTED = """
SELECT quote_ident(r.rolname), a.privilege_type
  FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
 WHERE c.oid = to_regclass(:table) AND a.grantee <> c.relowner
"""
_OWNER = "SELECT quote_ident(pg_get_userbyid(relowner)) FROM pg_class WHERE oid = to_regclass(:t)"
_INDEXES_OF = (
    "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql > ''"
)
_NAMED = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE ? ESCAPE '!'"


@cache
def copied(table: sa.Table, dialect: str) -> sa.Table:
    """Return a table as it stands beside, its indexes by the names they have there."""
    sqlite = dialect == "sqlite"
    suffix = Place.BESIDE.value if sqlite else ""
    if sqlite:
        made = table.to_metadata(sa.MetaData(), name=f"{table.name}{suffix}")
    else:
        made = table.to_metadata(sa.MetaData(), schema=BESIDE_SCHEMA)
    names = {tuple(column.name for column in each.columns): each.name for each in table.indexes}
    for each in made.indexes:
        each.name = sa.quoted_name(
            f"{names[tuple(column.name for column in each.columns)]}{suffix}", quote=None
        )
    return made


def shape(projection: Projection, dialect: sa.Dialect) -> str:
    """Return a digest of how a projection's tables are made."""
    digest = sha256()
    for table in projection.tables:
        made = copied(table, dialect.name)
        digest.update(str(CreateTable(made).compile(dialect=dialect)).encode())
        for index in indexes(table, dialect.name):
            digest.update(str(CreateIndex(index).compile(dialect=dialect)).encode())
    return digest.hexdigest()


def indexes(table: sa.Table, dialect: str) -> list[sa.Index]:
    """Return the indexes of a table that stands beside, in order of name."""
    return sorted(copied(table, dialect).indexes, key=lambda each: str(each.name))


def can_stand_beside(connection: sa.Connection, projection: Projection) -> bool:
    """Return whether whoever is connected may make tables and put them in the place of others."""
    if connection.dialect.name == "sqlite":
        return True
    tables = [name_in(each, Place.LIVE, "postgresql") for each in projection.tables]
    may = connection.execute(sa.text(_RIGHTS), {"beside": BESIDE_SCHEMA, "tables": tables})
    return bool(may.scalar_one())


def make(connection: sa.Connection, projection: Projection) -> None:
    """Make a projection's tables beside those that are read, without their indexes."""
    if connection.dialect.name == "postgresql":
        connection.execute(CreateSchema(BESIDE_SCHEMA, if_not_exists=True))
    for table in projection.tables:
        connection.execute(CreateTable(copied(table, connection.dialect.name)))


def make_index(connection: sa.Connection, index: sa.Index) -> None:
    """Make an index of a table that stands beside, unless it is there."""
    connection.execute(CreateIndex(index, if_not_exists=True))


def swap(connection: sa.Connection, projection: Projection) -> None:
    """Give readers the tables that stand beside, in place of those they read."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_LOCK_TIMEOUT)
        for table in projection.tables:
            # It plans by what it counted, and counts by itself only minutes after the filling.
            connection.exec_driver_sql(f'ANALYZE {BESIDE_SCHEMA}."{table.name}"')
        for table in projection.tables:
            _swap_on_postgresql(connection, table)
        return
    for table in projection.tables:
        _rename(connection, table.name, f"{table.name}{Place.FORMER.value}")
        _rename(connection, f"{table.name}{Place.BESIDE.value}", table.name)


def discard(connection: sa.Connection, tables: Collection[str]) -> None:
    """Remove tables of these names that stand beside; in SQLite ``clear_former`` does the work."""
    for name in sorted(tables):
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f'DROP TABLE IF EXISTS {BESIDE_SCHEMA}."{name}"')
        else:
            _rename(connection, f"{name}{Place.BESIDE.value}", f"{name}{Place.FORMER.value}")


def standing_beside(connection: sa.Connection) -> frozenset[str]:
    """Return the names of the tables that stand beside, as they are where they are read."""
    if connection.dialect.name == "postgresql":
        names = sa.inspect(connection).get_table_names(schema=BESIDE_SCHEMA)
        return frozenset(names)
    suffix = Place.BESIDE.value
    return frozenset(name.removesuffix(suffix) for name in _named(connection, suffix))


def clear_former(engine: sa.Engine) -> None:
    """Remove the tables that were read before, a piece at a time."""
    if engine.dialect.name != "sqlite":
        return
    with engine.execution_options(reading=True).connect() as connection:
        former = _named(connection, Place.FORMER.value)
    for name in former:
        with engine.connect() as connection:
            made = connection.exec_driver_sql(_INDEXES_OF, (name,)).all()
        for index, _ in made:
            _overwriting(engine, f'DROP INDEX "{index}"')
        piece = f'(SELECT rowid FROM "{name}" LIMIT {PIECE})'  # noqa: S608 - our own names
        while _overwriting(engine, f'DELETE FROM "{name}" WHERE rowid IN {piece}'):  # noqa: S608
            pass
        _overwriting(engine, f'DROP TABLE "{name}"')


def empty_write_ahead_log(engine: sa.Engine) -> None:
    """Empty SQLite's write-ahead log, in which removed rows stand until it is used again.

    While somebody reads, SQLite leaves it for later: at the latest, for when it is closed.
    """
    if engine.dialect.name == "sqlite":
        with closing(engine.raw_connection()) as connection:
            cursor = connection.cursor()
            patience_ms = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
            cursor.execute(f"PRAGMA busy_timeout = {_READERS_MS}")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute(f"PRAGMA busy_timeout = {patience_ms}")


def _swap_on_postgresql(connection: sa.Connection, table: sa.Table) -> None:
    live, beside = (name_in(table, each, "postgresql") for each in (Place.LIVE, Place.BESIDE))
    granted = connection.execute(sa.text(_GRANTED), {"table": live}).all()
    owner = connection.execute(sa.text(_OWNER), {"t": live}).scalar_one()
    schema = connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    connection.exec_driver_sql(f"DROP TABLE {live}")
    connection.exec_driver_sql(f"ALTER TABLE {beside} SET SCHEMA {schema}")
    for role, right in granted:
        connection.exec_driver_sql(f"GRANT {right} ON {live} TO {role}")
    connection.exec_driver_sql(f"ALTER TABLE {live} OWNER TO {owner}")


def _rename(connection: sa.Connection, old: str, new: str) -> None:
    """Rename an SQLite table and its indexes, whose names end as the table's does."""
    connection.exec_driver_sql(f'ALTER TABLE "{old}" RENAME TO "{new}"')
    found: Sequence[tuple[str, str]] = [
        (row[0], row[1]) for row in connection.exec_driver_sql(_INDEXES_OF, (new,))
    ]
    if not found:
        return
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    for name, text in found:
        to = _bare(name) + next((p.value for p in Place if p.value and new.endswith(p.value)), "")
        connection.exec_driver_sql(
            "UPDATE sqlite_schema SET name = ?, sql = ? WHERE type = 'index' AND name = ?",
            (to, text.replace(name, to, 1), name),
        )
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")


def _bare(name: str) -> str:
    for place in (Place.BESIDE, Place.FORMER):
        name = name.removesuffix(place.value)
    return name


def _named(connection: sa.Connection, suffix: str) -> list[str]:
    pattern = f"%{suffix.replace('_', '!_')}"
    return sorted(connection.exec_driver_sql(_NAMED, (pattern,)).scalars())


def _overwriting(engine: sa.Engine, text: str) -> int:
    """Execute a statement in a transaction of its own; what it removes is overwritten."""
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
        return connection.exec_driver_sql(text).rowcount
