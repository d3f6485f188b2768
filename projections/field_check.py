"""The last field check of a calibration, as it was stated.

Rule kept here: whether it passed is the station's word; what it measured is what others judge.
"""

import sqlalchemy as sa

from projections.equipment import FIELD_CHECK, NEWEST
from projections.rows import Row, every


def last_field_check(connection: sa.Connection, device: str, calibration: str) -> Row | None:
    """Return the newest field check of a calibration, or none among the station's newest."""
    query = (
        sa.select(FIELD_CHECK.c.record)
        .where(FIELD_CHECK.c.device == device)
        .order_by(FIELD_CHECK.c.seq.desc())
        .limit(NEWEST)
    )
    records: list[Row] = [row["record"] for row in every(connection, query)]
    return next((each for each in records if each["calibration"] == calibration), None)
