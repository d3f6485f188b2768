"""What a finding was in the session before, where the two may be compared.

Rules kept here:

1. An earlier value is shown only beside one of the same release, of captures that compare; the
   verdict on every pair is shown with all that was looked at [DRV-15].
2. A rejected finding has no value, and an amended one the practitioner's.
3. Whether a change can be told from none is said by the very rule of the report. Where a value
   states no uncertainty, as one that a practitioner set, no change is told.
"""

from collections.abc import Iterator

from pydantic import BaseModel

from adapters.captures import Capture, read_capture
from adapters.pairs import colour_verdicts
from adapters.reported.comparison import compared_quantity
from api.answers import Reading
from api.change_views import DifferenceView, difference_views
from api.work import workbench
from domain.errors import NotFound
from domain.events.codec import from_plain
from domain.values.finding import Finding
from domain.values.identifiers import AttemptId, SessionId
from projections import inference
from projections.rows import Row


class ComparedValue(BaseModel):
    """A change of one quantity, the smallest that can be told from none, and whether it was."""

    change: float
    detectable_change: float
    detected: bool


class PreviousValue(BaseModel):
    """What a finding was before; ``compared`` is absent where no change may be told."""

    value: float
    amended: bool
    compared: ComparedValue | None


class PairView(BaseModel):
    """Whether two captures of one view compare, by their colours."""

    view: str
    earlier_session: str
    earlier_attempt: str
    attempt: str
    comparable: bool
    differences: list[DifferenceView]


def pair_views(reading: Reading, row: Row, before: Row | None) -> list[PairView]:
    """Return how the captures of an assessment compare with those of the one before."""
    if before is None:
        return []
    earlier = tuple(_captures(reading, before))
    return [
        PairView(
            view=str(now.attempt.view),
            earlier_session=before["session"],
            earlier_attempt=str(then.attempt.attempt),
            attempt=str(now.attempt.attempt),
            comparable=verdict.comparable,
            differences=difference_views(verdict),
        )
        for then, now, verdict in colour_verdicts(
            workbench(reading.system), earlier, tuple(_captures(reading, row))
        )
    ]


def previous_values(
    reading: Reading, runs: list[Row], before: Row | None, pairs: list[PairView]
) -> dict[str, PreviousValue]:
    """Return what findings were before, by the later finding."""
    if before is None:
        return {}
    laid = {each["finding"]: each for each in before["findings"]}
    earlier = {
        (run["attempt"], run["release"], finding["code"]): laid.get(finding["finding"])
        for run in inference.of_session(reading.connection, before["session"])
        for finding in run["findings"]
    }
    then = {each.attempt: each for each in pairs if each.comparable}
    found = {}
    for run in runs:
        pair = then.get(run["attempt"])
        if pair is None:
            continue
        for finding in run["findings"]:
            was = earlier.get((pair.earlier_attempt, run["release"], finding["code"]))
            value = None if was is None else _previous(was, finding, pair.view)
            if value is not None:
                found[finding["finding"]] = value
    return found


def _captures(reading: Reading, row: Row) -> Iterator[Capture]:
    bench = workbench(reading.system)
    for attempt in row["attempts"]:
        try:
            yield read_capture(bench, SessionId(row["session"]), AttemptId(attempt))
        except NotFound:
            continue  # what is not on record cannot be compared


def _previous(was: Row, finding: Row, view: str) -> PreviousValue | None:
    """Return the value an earlier assessment ended with; none for a rejected finding."""
    if was["verdict"] == "rejected":
        return None
    measured: Finding = from_plain(Finding, was["proposed"])
    set_by_hand = was["amended_value"]
    value = measured.value if set_by_hand is None else float(set_by_hand)
    if value is None:
        return None
    stands = was["verdict"] == "accepted"
    return PreviousValue(
        value=value,
        amended=was["verdict"] == "amended",
        compared=_compared(measured, finding, view) if stands else None,
    )


def _compared(then: Finding, finding: Row, view: str) -> ComparedValue | None:
    quantity = compared_quantity(view, then, from_plain(Finding, finding))
    if quantity is None:
        return None
    return ComparedValue(
        change=quantity.change,
        detectable_change=quantity.detectable_change,
        detected=quantity.detected,
    )
