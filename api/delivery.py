"""Takes in what a station delivers together.

Rules kept here:

1. What is delivered together is recorded together, in one transaction, with the refusals and gaps
   among it, each decision resting on those before it.
2. Where that cannot be, because something moved on meanwhile or because of one statement, each is
   taken in on its own, as if it had come alone; so nothing wrong with one holds up the others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from adapters.eventlog.staging import Place, StagedLog
from api.reception import Refused, Taken, Turn
from domain.errors import Unavailable
from domain.events.record import Record


def together(
    turn: Turn, receiving: Sequence[Callable[[Turn], Taken | Refused]]
) -> list[Taken | Refused]:
    """Take in statements in order and return what became of each.

    Raises:
        NotFound: the station is not enrolled.
        Unavailable: deliver again; what was recorded already is answered as it was.
    """
    if len(receiving) > 1:
        staged = StagedLog(turn.system.log, clock=turn.system.clock)
        trial = replace(turn, system=replace(turn.system, log=staged))
        try:
            outcomes = [each(trial) for each in receiving]
            placed = staged.commit()
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - met again below, by the one statement it belongs to
            return [each(turn) for each in receiving]
        turn.last = trial.last
        return [_placed(each, placed) for each in outcomes]
    return [each(turn) for each in receiving]


def _placed(outcome: Taken | Refused, placed: Mapping[Place, Record]) -> Taken | Refused:
    if isinstance(outcome, Refused):
        return outcome
    found = placed.get((outcome.record.stream, outcome.record.version), outcome.record)
    return replace(outcome, record=found)
