"""One measurement over a station's newest captures: what drifts shows there first.

Rules kept here:

1. Points are as they were measured and judged at the time, rejected captures too; who was captured
   is not said.
2. Captures of people who were erased are gone from it, as their measurements are.
"""

from typing import Final

import sqlalchemy as sa

from projections.attempt import ATTEMPT
from projections.capture_session import SESSION
from projections.rows import Row, every

SESSIONS: Final = 20
_STATES: Final = ("open", "closed", "abandoned")


def capture_drift(connection: sa.Connection, device: str, name: str) -> list[Row]:
    """Return a measurement of a station's newest sessions, newest first.

    Args:
        connection: To the tables.
        device: The station.
        name: Of the measurement, such as ``epipolar_residual``.

    Returns:
        ``at`` (when it was captured, else recorded), ``value``, ``unit`` and ``passed`` (whether
        the verdict had nothing against this measurement; none before there is a verdict).
    """
    newest: list[tuple[int, str]] = []
    for state in _STATES:
        # The index holds the sessions of a station by state.
        query = (
            sa.select(SESSION.c.opened_seq, SESSION.c.session)
            .where(SESSION.c.device == device, SESSION.c.state == state)
            .order_by(SESSION.c.opened_seq.desc())
            .limit(SESSIONS)
        )
        newest.extend((row.opened_seq, row.session) for row in connection.execute(query))
    sessions = [session for _, session in sorted(newest, reverse=True)[:SESSIONS]]
    taken = sa.select(ATTEMPT).where(ATTEMPT.c.session.in_(sessions)).order_by(ATTEMPT.c.seq.desc())
    return [
        {
            "at": row["captured_at"] or row["committed_at"],
            "value": each["value"],
            "unit": each["unit"],
            "passed": _passed(row["verdict"], name),
        }
        for row in every(connection, taken)
        for each in row["measurements"]
        if each["name"] == name
    ]


def _passed(verdict: Row | None, name: str) -> bool | None:
    if verdict is None:
        return None
    return all(reason["name"] != name for reason in verdict["reasons"])
