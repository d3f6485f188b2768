"""The questions asked of both databases, in SQL.

Rules kept here:

1. Nothing here changes or removes a row.
2. Columns are named one by one, in the order of ``Row``, so that a later column changes nothing.
3. Whatever has an order has it by position, which is the order of the log.
"""

from dataclasses import dataclass

STORED_COLUMNS = (
    "originator_id",
    "originator_version",
    "topic",
    "schema",
    "committed_at_us",
    "actor",
    "device",
    "device_sequence",
    "correlation",
    "causation",
    "idempotency_key",
    "ordinal",
    "key_id",
    "previous",
    "leaf",
    "entry",
    "state",
)
"""The columns of a record after its position, in the order of ``Row``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """SELECT statements for one database.

    Attributes:
        owner: Clinic.
        size: Position of the last record; one row, NULL where there is none.
        last: Position, commit time and leaf of the last record.
        head: Version and leaf of a stream's last record; takes the stream.
        stream: A stream's rows; takes stream and the version after which to begin.
        after: The log's rows; takes the position after which to begin and how many.
        recorded: Rows of one request; takes actor and idempotency key.
        at: The row at a place; takes stream and version.
        of_key: Rows under a data key after a position; takes key, position and how many.
    """

    owner: str
    size: str
    last: str
    head: str
    stream: str
    after: str
    recorded: str
    at: str
    of_key: str


def statements(position: str, mark: str) -> Statements:
    """Return the statements for a database.

    Args:
        position: Its name for the position's column.
        mark: Its mark for a value.
    """
    columns = ", ".join((position, *STORED_COLUMNS))
    rows = f"SELECT {columns} FROM records"  # noqa: S608 - only the names above
    return Statements(
        owner="SELECT clinic FROM log_owner",
        size=f"SELECT max({position}) FROM records",  # noqa: S608 - only our names
        last=(
            f"SELECT {position}, committed_at_us, leaf FROM records "  # noqa: S608
            f"ORDER BY {position} DESC LIMIT 1"
        ),
        head=(
            "SELECT originator_version, leaf FROM records "  # noqa: S608
            f"WHERE originator_id = {mark} ORDER BY originator_version DESC LIMIT 1"
        ),
        stream=(
            f"{rows} WHERE originator_id = {mark} AND originator_version > {mark} "
            "ORDER BY originator_version"
        ),
        after=f"{rows} WHERE {position} > {mark} ORDER BY {position} LIMIT {mark}",
        recorded=f"{rows} WHERE actor = {mark} AND idempotency_key = {mark} ORDER BY {position}",
        at=f"{rows} WHERE originator_id = {mark} AND originator_version = {mark}",
        of_key=(
            f"{rows} WHERE key_id = {mark} AND {position} > {mark} ORDER BY {position} LIMIT {mark}"
        ),
    )
