"""What a finding was in the session before, where the two may be compared.

Rules kept here:

1. An earlier value is shown only beside one of the same release, of captures that compare; the
   verdict on every pair is shown with all that was looked at [DRV-15].
2. A rejected finding has no value, and an amended one the practitioner's.
"""

from collections.abc import Iterator

from pydantic import BaseModel

from adapters.captures import Capture, read_capture
from adapters.pairs import colour_verdicts
from api.answers import Reading
from api.change_views import DifferenceView, difference_views
from api.work import workbench
from domain.errors import NotFound
from domain.values.identifiers import AttemptId, SessionId
from projections import inference
from projections.rows import Row


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
) -> dict[str, float]:
    """Return what findings were before, by the later finding."""
    if before is None:
        return {}
    settled = {each["finding"]: _settled(each) for each in before["findings"]}
    earlier = {
        (run["attempt"], run["release"], finding["code"]): settled.get(finding["finding"])
        for run in inference.of_session(reading.connection, before["session"])
        for finding in run["findings"]
    }
    then = {each.attempt: each.earlier_attempt for each in pairs if each.comparable}
    found = {
        finding["finding"]: earlier.get((then.get(run["attempt"]), run["release"], finding["code"]))
        for run in runs
        for finding in run["findings"]
    }
    return {finding: value for finding, value in found.items() if value is not None}


def _captures(reading: Reading, row: Row) -> Iterator[Capture]:
    bench = workbench(reading.system)
    for attempt in row["attempts"]:
        try:
            yield read_capture(bench, SessionId(row["session"]), AttemptId(attempt))
        except NotFound:
            continue  # what is not on record cannot be compared


def _settled(finding: Row) -> float | None:
    """Return the value an earlier assessment ended with; none for a rejected finding."""
    if finding["verdict"] == "rejected":
        return None
    amended = finding["amended_value"]
    value = finding["proposed"]["value"] if amended is None else amended
    return None if value is None else float(value)
