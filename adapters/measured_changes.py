"""The changes of volume that were measured of a session.

Rule kept here: they are read from their own streams, in the order they were measured.
"""

from adapters.workbench import Workbench
from domain.events.volume_change import VolumeChangeMeasured
from domain.handling import load
from domain.rules.volume_change import VOLUME_CHANGE
from domain.values.finding import Finding
from domain.values.identifiers import SessionId, SubjectId, VolumeChangeId


def measured_changes(
    bench: Workbench, subject: SubjectId, session: SessionId, seq: int | None = None
) -> tuple[VolumeChangeMeasured, ...]:
    """Return the changes measured up to a session's captures.

    Args:
        bench: What to work with.
        subject: Whose face.
        session: The session of the later captures.
        seq: The record at which to look; none for now.
    """
    found = []
    for stream in bench.streams.of_subject(VolumeChangeId.kind, subject):
        if seq is None:
            state, _ = load(bench.log, VOLUME_CHANGE, stream)
        else:
            state = bench.as_of(VOLUME_CHANGE, stream, seq)
        if state.measured is not None and state.measured.session == session:
            found.append(state.measured)
    return tuple(found)


def volume_findings_of(
    bench: Workbench, subject: SubjectId, session: SessionId
) -> tuple[Finding, ...]:
    """Return the findings of every change measured up to a session's captures."""
    changes = measured_changes(bench, subject, session)
    return tuple(finding for each in changes for finding in each.findings)
