"""The one way anything reacts: from a position, one record at a time, position saved last.

Rules kept here:

1. Records are taken in their order, none left out: a missing or doubled place is a broken log.
2. The position is saved after the reaction. A crash in between repeats the reaction, so reactions
   do their work once however often they are asked.
3. A reaction that cannot go on stops the reader with its position unmoved; nothing is skipped.
4. A record that cannot be read, damaged or written by a newer build, stops the reader just before
   it: those that precede it are reacted to first.
"""

from collections.abc import Callable

from domain.errors import ChainBroken, FollowingStopped, IntegrityFailure
from domain.events.record import Record
from domain.ports import EventLog, Positions

BATCH = 256


def follow(
    log: EventLog,
    positions: Positions,
    reader: str,
    react: Callable[[Record], None],
    *,
    batch: int = BATCH,
) -> int:
    """React to every record after the reader's position and return how many there were.

    Args:
        log: The log.
        positions: Where readers' positions are kept.
        reader: Permanent word that names the reader.
        react: What to do with one record.
        batch: How many records are read at once.

    Raises:
        ChainBroken: a record does not have the place after the one before.
        FollowingStopped: a record cannot be read, or the reaction to it failed; its cause is the
            failure.
    """
    done = 0
    position = positions.load(reader)
    while records := _read(log, reader, position, batch):
        for record in records:
            if record.seq != position + 1:
                message = f"{reader} found record {record.seq} after record {position}"
                raise ChainBroken(message)
            try:
                react(record)
            except Exception as failure:
                raise FollowingStopped(reader, record.seq) from failure
            positions.save(reader, record.seq)
            position = record.seq
            done += 1
    return done


def _read(log: EventLog, reader: str, position: int, batch: int) -> tuple[Record, ...]:
    """Return the next records; fewer where one further on cannot be read."""
    try:
        return log.after(position, limit=batch)
    except IntegrityFailure as failure:
        if batch == 1:
            raise FollowingStopped(reader, position + 1) from failure
    return _read(log, reader, position, 1)
