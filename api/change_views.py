"""How a measured change between two captures is shown: against what, and whether the two compare.

Rules kept here:

1. The verdict is shown with everything that was looked at, alike or not [DRV-15].
2. What the claim has to say about itself goes with it, also when it does not hold: a change has no
   release whose contraindications would be shown, so the limits of its claim stand in their place.
"""

from pydantic import BaseModel

from api.answers import Reading
from domain.events.volume_change import VolumeChangeMeasured
from domain.handling import load
from domain.rules.claim import CLAIM
from domain.rules.volume_change import VOLUME_CHANGE
from domain.values.comparability import ComparabilityVerdict
from domain.values.identifiers import VolumeChangeId
from projections import inference
from projections.rows import Row


class ArtefactView(BaseModel):
    """A map to lay over a frame; ``inference`` names the run or the change it comes from."""

    name: str
    legend: str
    digest: str
    inference: str
    attempt: str


class DifferenceView(BaseModel):
    """One way in which two captures were compared."""

    what: str
    earlier: str
    later: str
    limit: str
    within: bool


class ChangeView(BaseModel):
    """A measured change: both captures, how they compare, and the claim it is told under."""

    change: str
    view: str
    earlier_session: str
    earlier_attempt: str
    attempt: str
    algorithm: str
    claim: str
    label: str
    contraindications: list[str]
    comparable: bool
    differences: list[DifferenceView]
    residual_mm: float
    inlier_share: float
    overlap: float


def changes_laid(reading: Reading, row: Row) -> list[VolumeChangeMeasured]:
    """Return the changes that were laid before the practitioner in an assessment."""
    measured = inference.changes_of(reading.connection, row["session"])
    streams = [VolumeChangeId(each).stream for each in measured]
    states = (load(reading.system.log, VOLUME_CHANGE, stream)[0] for stream in streams)
    laid = {each["finding"] for each in row["findings"]}
    return [
        each.measured
        for each in states
        if each.measured is not None
        and laid & {str(finding.finding) for finding in each.measured.findings}
    ]


def maps_of(changes: list[VolumeChangeMeasured]) -> list[ArtefactView]:
    """Return the maps of changes; each lies over the later capture's first picture."""
    return [
        ArtefactView(
            name=artefact.name,
            legend=artefact.legend,
            digest=str(artefact.content.digest),
            inference=str(each.change),
            attempt=str(each.attempt),
        )
        for each in changes
        for artefact in each.artefacts
    ]


def change_view(reading: Reading, change: VolumeChangeMeasured) -> ChangeView:
    """Return how a change is shown."""
    claim, _ = load(reading.system.log, CLAIM, change.claim.stream)
    return ChangeView(
        change=str(change.change),
        view=str(change.view),
        earlier_session=str(change.earlier_session),
        earlier_attempt=str(change.earlier_attempt),
        attempt=str(change.attempt),
        algorithm=change.algorithm,
        claim=str(change.claim),
        label="" if claim.registered is None else claim.registered.content.label,
        contraindications=[]
        if claim.registered is None
        else [*claim.registered.content.contraindications],
        comparable=change.comparability.comparable,
        differences=difference_views(change.comparability),
        residual_mm=change.alignment.residual_mm,
        inlier_share=change.alignment.inlier_share,
        overlap=change.alignment.overlap,
    )


def difference_views(verdict: ComparabilityVerdict) -> list[DifferenceView]:
    """Return everything that was looked at."""
    return [
        DifferenceView(
            what=each.what,
            earlier=each.earlier,
            later=each.later,
            limit=each.limit,
            within=each.within,
        )
        for each in verdict.differences
    ]
