"""Which records prove a change of volume back to the earlier shutter, and to its claim.

Rules kept here:

1. The earlier session is taken as the report's own is: its stream whole, its station's from the
   beginning, its protocol, who captured.
2. Of the runs on the earlier captures only those go in whose results the change was measured from,
   each with its model release.

Source: ``domain/ledger/SPECIFICATION.md``, section 8, item 10.
"""

from typing import Final

from adapters.reports.evidence_finder import Finder, ReadableLog, named_records
from domain.events.assessment import AssessmentOpened
from domain.events.capture_session import SessionOpened
from domain.events.inference import InferenceCompleted, InferenceRequested
from domain.events.volume_change import VolumeChangeMeasured
from domain.values.content import Digest
from domain.values.identifiers import StreamName

_CHANGED: Final = "VolumeChangeMeasured"
_COMPLETED: Final = "InferenceCompleted"


def take_changes(
    found: Finder, log: ReadableLog, opened: AssessmentOpened, *, before: int
) -> tuple[SessionOpened, ...]:
    """Take the changes measured up to a session, and all they rest on; return earlier sessions.

    Raises:
        ContentErased: the subject was erased.
    """
    measured: list[VolumeChangeMeasured] = []
    results: dict[StreamName, set[Digest]] = {}
    for record in named_records(log, _CHANGED, _COMPLETED, subject=opened.subject):
        event = record.event
        if record.seq >= before:
            break
        if isinstance(event, InferenceCompleted):
            results[record.stream] = {each.content.digest for each in event.artefacts}
        elif isinstance(event, VolumeChangeMeasured) and event.session == opened.session:
            measured.append(event)
    for change in measured:
        found.whole(change.change.stream)
        found.whole(change.claim.stream)
    inputs = {digest for change in measured for digest in change.inputs}
    for stream, digests in results.items():
        if inputs & digests:
            _take_run(found, stream)
    earlier = dict.fromkeys(change.earlier_session for change in measured)
    return tuple(found.session(each) for each in earlier)


def _take_run(found: Finder, stream: StreamName) -> None:
    for record in found.whole(stream):
        if isinstance(record.event, InferenceRequested):
            found.whole(record.event.release.stream)
