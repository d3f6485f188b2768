"""How far the streams went on which a report's conclusions of the kind "was not" rest.

Rules kept here:

1. A report that says "not withdrawn", "not suspended", "not found defective" says up to which
   record it looked, so that whoever packs the evidence later cannot leave out the record that says
   otherwise [DRV-25].
2. Nothing recorded after the report was called for counts.

Source: ``domain/ledger/SPECIFICATION.md``, section 8, report data.
"""

from collections.abc import Iterator

from adapters.reported.sources import Sources
from adapters.reports.content import StreamEnd
from adapters.workbench import Workbench
from domain.events.capture_session import AttemptSubmitted, PhotographImported, SessionOpened
from domain.values.identifiers import (
    AttemptId,
    ConsentId,
    InferenceId,
    ReleaseId,
    SessionId,
    StreamName,
)


def stream_ends(
    bench: Workbench, sources: Sources, earlier: Sources | None
) -> tuple[StreamEnd, ...]:
    """Return version of the last record of every such stream when the report was called for.

    Args:
        bench: What to work with.
        sources: What the report rests on.
        earlier: The visit whose figures it shows beside its own; none where it shows none.
    """
    compared = () if earlier is None else (earlier,)
    visits = [sources.session, *(each.earlier_session for each in sources.changes)]
    visits += [each.session for each in compared]
    streams = dict.fromkeys(
        (
            ConsentId.derived(sources.subject).stream,
            *(each.claim.stream for each in sources.changes),
            *(each.identifier.stream for each in compared),
            *(each for visit in visits for each in _of_visit(bench, visit, sources.seq)),
        )
    )
    versions = {each: _version(bench, each, sources.seq) for each in sorted(streams)}
    return tuple(
        StreamEnd(stream=stream, version=version) for stream, version in versions.items() if version
    )


def _of_visit(bench: Workbench, session: SessionId, seq: int) -> Iterator[StreamName]:
    """Yield a session's stream, its station's, and those of all releases that ran on it."""
    yield session.stream
    attempts: list[AttemptId] = []
    for record in bench.log.stream(session.stream):
        event = record.event
        if isinstance(event, SessionOpened) and event.device is not None:
            yield event.device.stream
        elif isinstance(event, AttemptSubmitted | PhotographImported):
            attempts.append(event.attempt)
    for stream in bench.streams.of_kind(ReleaseId.kind):
        release = ReleaseId.of_stream(stream)
        runs = (InferenceId.derived(attempt, release).stream for attempt in attempts)
        if any(_version(bench, run, seq) for run in runs):
            yield stream


def _version(bench: Workbench, stream: StreamName, seq: int) -> int:
    """Return the version of a stream's last record up to a place in the log; 0 before any."""
    known = bench.log.folds.known(stream)
    # A station's stream is years long; what was folded of it need not be read again.
    begun = known.version if known is not None and known.seq <= seq else 0
    later = bench.log.stream(stream, after_version=begun)
    return max((each.version for each in later if each.seq <= seq), default=begun)
