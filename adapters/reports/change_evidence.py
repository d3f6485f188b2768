"""Which records prove a change of volume back to the earlier shutter, and to its claim.

Rules kept here:

1. The earlier session is taken as the report's own is: its stream whole, its station's from the
   beginning, its protocol, who captured.
2. Of the runs on the earlier captures only those go in whose results the change was measured from,
   each with its model release.

Source: ``domain/ledger/SPECIFICATION.md``, section 8, item 10.
"""

from adapters.reports.evidence_finder import Finder
from domain.events.assessment import AssessmentOpened
from domain.events.capture_session import SessionOpened
from domain.events.inference import InferenceCompleted
from domain.events.record import Record
from domain.events.volume_change import VolumeChangeMeasured


def take_changes(
    found: Finder, visits: tuple[Record, ...], opened: AssessmentOpened
) -> tuple[SessionOpened, ...]:
    """Take the changes measured up to a session, and all they rest on; return earlier sessions.

    Args:
        found: Where they go.
        visits: Changes and results of runs of the subject, before the report.
        opened: The assessment of the session.

    Raises:
        ContentErased: the subject was erased.
    """
    measured = [
        each.event
        for each in visits
        if isinstance(each.event, VolumeChangeMeasured) and each.event.session == opened.session
    ]
    for change in measured:
        found.whole(change.change.stream)
        found.whole(change.claim.stream)
    inputs = {digest for change in measured for digest in change.inputs}
    for record in visits:
        if isinstance(record.event, InferenceCompleted) and not inputs.isdisjoint(
            each.content.digest for each in record.event.artefacts
        ):
            found.run(record.stream)
    earlier = dict.fromkeys(change.earlier_session for change in measured)
    return tuple(found.session(each) for each in earlier)
