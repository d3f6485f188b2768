"""What every route answers with: what was recorded, and how fresh a reading is.

Rules kept here:

1. Whoever wrote something can ask for a reading that includes it, by position.
2. A reading that is behind says by how much [DRV-34].
3. What can be kept as a file has a neutral name, and names the record of its being handed out.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import sqlalchemy as sa
from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel

from api.preconditions import entity_tag
from api.wiring import System, system_of
from domain.errors import ContentErased, NotFound
from domain.events.record import Record, Shredded
from domain.values.identifiers import StreamName
from projections.rows import Row

PATIENCE_S = 2.0


class Recorded(BaseModel):
    """Where something was recorded.

    ``stream`` and ``version`` name the place in its own history, ``seq`` the place in the log.
    """

    stream: str
    version: int
    seq: int


def recorded(records: tuple[Record, ...]) -> Recorded:
    """Return where the last of some records stands."""
    last = records[-1]
    return Recorded(stream=str(last.stream), version=last.version, seq=last.seq)


class Reading:
    """A connection to the projections, as fresh as the caller asked for."""

    def __init__(self, system: System, connection: sa.Connection, position: int) -> None:
        """Read through this connection at this position."""
        self.system = system
        self.connection = connection
        self.position = position


def reading(
    request: Request,
    response: Response,
    x_vultus_at_least: Annotated[int | None, Header(ge=0)] = None,
) -> Iterator[Reading]:
    """Give a route a reading; wait for the position the caller asked for, but not long."""
    system = system_of(request)
    with open_reading(system, at_least=x_vultus_at_least) as found:
        lag = max(0, system.log.size() - 1 - found.position)
        response.headers["X-Vultus-Position"] = str(found.position)
        response.headers["X-Vultus-Lag"] = str(lag)
        yield found


@contextmanager
def open_reading(system: System, *, at_least: int | None = None) -> Iterator[Reading]:
    """Open a reading, waiting up to two seconds for a position."""
    if at_least is not None:
        system.runner.reached(min(at_least, system.log.size() - 1), timeout_s=PATIENCE_S)
    with system.screens.open(system.runner.position()) as (connection, position):
        yield Reading(system, connection, position)


def found_or_refuse(row: Row | None, what: str) -> Row:
    """Return the row.

    Raises:
        NotFound: there is none.
    """
    if row is None:
        message = f"There is no such {what}."
        raise NotFound(message)
    return row


def refuse_erased(system: System, stream: StreamName) -> None:
    """Say so where what is asked for was there and has been erased.

    Raises:
        ContentErased: the stream holds what nobody can read any more.
    """
    if any(isinstance(record.event, Shredded) for record in system.log.stream(stream)):
        raise ContentErased(stream)


def page_of(
    ask: Callable[..., list[Row]], connection: sa.Connection, limit: int, *, by: str
) -> tuple[list[Row], int | None]:
    """Return a page of rows, and the place before which the next page continues, or none.

    Args:
        ask: A query that takes a connection and ``limit``.
        connection: To read with.
        limit: How many rows a page has at most.
        by: The column with a row's place.
    """
    rows = ask(connection, limit=limit + 1)
    return rows[:limit], int(rows[limit - 1][by]) if len(rows) > limit else None


def tag(response: Response, version: int) -> None:
    """Put the version of what is shown on the answer."""
    response.headers["ETag"] = entity_tag(version)


def recorded_look(seq: int) -> dict[str, str]:
    """Return the headers of an answer that shows something: where the look is recorded."""
    return {"X-Vultus-Audit": str(seq)}


def download(name: str, seq: int) -> dict[str, str]:
    """Return the headers of a file to keep, under a name that says nothing of anybody.

    Args:
        name: The neutral file name.
        seq: Where in the log the look or the export is recorded.
    """
    return {"Content-Disposition": f'attachment; filename="{name}"', **recorded_look(seq)}


Place = Annotated[int, Query(ge=0, le=2**53 - 1)]
"""A place in the log, as a request names it."""

Limit = Annotated[int, Query(ge=1, le=100)]
"""How many lines a page has at most."""

Read = Annotated[Reading, Depends(reading)]
Running = Annotated[System, Depends(system_of)]
