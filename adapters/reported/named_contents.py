"""Every stored content that a report rests on, by digest and place in the log [REQ-IN-181, 204].

Rules kept here:

1. The raw frames come first, then depth, calibration, models and maps.
2. A change of volume rests on the earlier captures as on the later ones: their frames, depth and
   calibration are named, too, and whatever else the change was measured from.
3. Figures of an earlier visit, shown beside this one's, rest on its frames, depth, calibration,
   models and maps; these are named, too.
4. What several things rest on is named once, as what it was first.
"""

from collections.abc import Iterable, Iterator

from adapters.captures import Capture, read_capture
from adapters.reported.conditions import view_words
from adapters.reported.sources import Sources
from adapters.reports.content import EvidenceItem
from adapters.workbench import Workbench
from domain.events.capture_session import DepthReconstructed
from domain.events.equipment import CalibrationRecorded
from domain.events.inference import InferenceCompleted
from domain.events.model_release import ModelRegistered
from domain.events.volume_change import VolumeChangeMeasured


def named_contents(
    bench: Workbench, sources: Sources, earlier: Sources | None
) -> tuple[EvidenceItem, ...]:
    """Return every stored content that a report rests on, each once.

    Args:
        bench: What to work with.
        sources: What the report rests on.
        earlier: The visit whose figures it shows beside its own; none where it shows none.
    """
    return distinct(
        (
            *_frames(sources.captures, "Frame"),
            *_depths(bench, sources, "Depth map"),
            *_calibrations(bench, sources.captures),
            *_runs(bench, sources, "Map"),
            *(item for change in sources.changes for item in _of_change(bench, change)),
            *(() if earlier is None else _of_earlier(bench, earlier)),
        )
    )


def distinct(items: Iterable[EvidenceItem]) -> tuple[EvidenceItem, ...]:
    """Return the items, of several with one digest the first."""
    found: dict[str, EvidenceItem] = {}
    for each in items:
        found.setdefault(each.digest, each)
    return tuple(found.values())


def _frames(captures: Iterable[Capture], what: str) -> Iterator[EvidenceItem]:
    for capture in captures:
        view = view_words(capture.attempt.view).lower()
        for frame in capture.attempt.frames:
            yield EvidenceItem(
                label=f"{what}, {view}, {frame.role.value}",
                digest=frame.content.digest,
                seq=capture.seq,
            )


def _depths(bench: Workbench, sources: Sources, what: str) -> Iterator[EvidenceItem]:
    for record in bench.log.stream(sources.session.stream):
        made = record.event
        if isinstance(made, DepthReconstructed) and made.attempt in sources.assessment.attempts:
            yield EvidenceItem(label=what, digest=made.depth.digest, seq=record.seq)


def _calibrations(bench: Workbench, captures: Iterable[Capture]) -> Iterator[EvidenceItem]:
    """Yield the parameters of every calibration that one of these captures names."""
    used = {each.attempt.calibration for each in captures}
    devices = dict.fromkeys(each.opened.device for each in captures)
    for device in devices:
        for record in () if device is None else bench.log.stream(device.stream):
            made = record.event
            if isinstance(made, CalibrationRecorded) and made.calibration.calibration in used:
                digest = made.calibration.parameters.digest
                yield EvidenceItem(label="Calibration parameters", digest=digest, seq=record.seq)


def _of_earlier(bench: Workbench, earlier: Sources) -> Iterator[EvidenceItem]:
    """Yield what the figures of an earlier visit were measured from."""
    yield from _frames(earlier.captures, "Earlier frame")
    yield from _depths(bench, earlier, "Earlier depth map")
    yield from _calibrations(bench, earlier.captures)
    yield from _runs(bench, earlier, "Earlier map")


def _runs(bench: Workbench, sources: Sources, what: str) -> Iterator[EvidenceItem]:
    for run in sources.runs:
        for record in bench.log.stream(run.requested.release.stream):
            if isinstance(record.event, ModelRegistered):
                digest = record.event.manifest.model.digest
                yield EvidenceItem(label=f"Model {run.model}", digest=digest, seq=record.seq)
        for record in bench.log.stream(run.inference.stream):
            if isinstance(record.event, InferenceCompleted):
                for each in record.event.artefacts:
                    yield EvidenceItem(
                        label=f"{what}: {each.legend.partition(',')[0]}, {run.model}",
                        digest=each.content.digest,
                        seq=record.seq,
                    )


def _of_change(bench: Workbench, change: VolumeChangeMeasured) -> Iterator[EvidenceItem]:
    """Yield the map that a change gave, and everything it was measured from."""
    (measured, *_) = bench.log.stream(change.change.stream)
    for each in change.artefacts:
        yield EvidenceItem(
            label=f"Map: {each.legend.partition(',')[0]}, {change.algorithm.replace('/', ' ')}",
            digest=each.content.digest,
            seq=measured.seq,
        )
    depths = [
        (record.seq, record.event)
        for record in bench.log.stream(change.earlier_session.stream)
        if isinstance(record.event, DepthReconstructed)
        and record.event.depth.digest in change.inputs
    ]
    captures = [read_capture(bench, change.earlier_session, made.attempt) for _, made in depths]
    yield from _frames(captures, "Earlier frame")
    for seq, made in depths:
        yield EvidenceItem(label="Earlier depth map", digest=made.depth.digest, seq=seq)
    yield from _calibrations(bench, captures)
    for digest in change.inputs:
        yield EvidenceItem(
            label=f"Measured from, {change.algorithm.replace('/', ' ')}",
            digest=digest,
            seq=measured.seq,
        )
