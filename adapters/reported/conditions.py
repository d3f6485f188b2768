"""How, with what and under which versions the pictures of a report came about.

Rules kept here:

1. What the station claimed and what we measured are kept apart: numbers of the capture are its
   claims, the colour reference is our measurement [REQ-IN-107 to 121, 168, 169].
2. Of an imported photograph nothing is known, and that is what is said.
"""

from collections.abc import Iterable
from importlib import metadata
from typing import Final

from adapters.captures import Capture
from adapters.imaging import measures
from adapters.reported.sources import Sources, read_claim, read_person
from adapters.reports.conditions import (
    Algorithm,
    Calibration,
    CaptureConditions,
    ColourReference,
    Uncalibrated,
    Versions,
    Zone,
)
from adapters.workbench import Workbench
from domain.events.capture_session import AttemptSubmitted, DepthReconstructed
from domain.events.volume_change import VolumeChangeMeasured
from domain.values.capture import Prompts
from domain.values.content import CaptureView, Digest
from domain.values.identifiers import CalibrationId

IN_VIEW: Final = "in-view"
_UNKNOWN: Final = "not known"
_NO_PEOPLE: Final = (
    "Technical verification only, against scenes with known truth. No clinical validation with "
    "people."
)


def view_words(view: CaptureView) -> str:
    """Return a capture view in words, such as ``Left oblique``."""
    return view.replace("-", " ").capitalize()


def report_conditions(
    sources: Sources, depths: tuple[DepthReconstructed, ...]
) -> tuple[CaptureConditions, ...]:
    """Return how each accepted attempt was captured."""
    return tuple(_conditions(sources, capture, depths) for capture in sources.captures)


def report_calibrations(
    bench: Workbench, sources: Sources
) -> tuple[Calibration | Uncalibrated, ...]:
    """Return every calibration behind the captures, and why there is none where there is none."""
    used: dict[CalibrationId | None, list[Capture]] = {}
    for capture in sources.captures:
        named = capture.attempt.calibration
        known = None if named is None else sources.station.calibrations.get(named)
        locked = named if known is not None and known.locked else None
        used.setdefault(locked, []).append(capture)
    return tuple(
        _uncalibrated(captures)
        if identifier is None
        else _calibration(bench, sources, identifier, captures)
        for identifier, captures in used.items()
    )


def _calibration(
    bench: Workbench, sources: Sources, identifier: CalibrationId, captures: list[Capture]
) -> Calibration:
    record = sources.station.calibrations[identifier].record
    return Calibration(
        capture_views=_views(captures),
        identifier=str(identifier),
        performed_at=sources.moment(record.performed_at),
        operator=read_person(bench, record.operator, sources.seq),
        target=f"{record.target.kind}, serial {record.target.serial}, "
        f"certificate {record.target.certificate}",
        reprojection_error_px=record.reprojection_error_px,
        baseline_mm=record.baseline_mm,
        lens_configuration=record.lens_configuration,
        passed=record.passed,
        reasons=record.reasons,
        valid_until=sources.moment(record.valid_until),
        current_at_capture=all(record.current_at(each.taken_at) for each in captures),
    )


def _uncalibrated(captures: list[Capture]) -> Uncalibrated:
    imported = all(capture.attempt.imported for capture in captures)
    return Uncalibrated(
        capture_views=_views(captures),
        reason="imported photographs are uncalibrated"
        if imported
        else "no locked calibration stood behind these captures",
    )


def _views(captures: list[Capture]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(view_words(each.attempt.view) for each in captures))


def report_versions(bench: Workbench, sources: Sources) -> Versions:
    """Return what else ran."""
    said = [
        each.arrival.conditions
        for each in sources.captures
        if isinstance(each.arrival, AttemptSubmitted)
    ]
    serials = dict.fromkeys(serial for each in said for serial in each.camera_serials)
    return Versions(
        product=bench.product,
        station_software=_each(each.software for each in said),
        station_firmware=_each(each.firmware for each in said),
        protocol=f"{sources.protocol.name}, version {sources.protocol.version}",
        device_serial=_each(each.device_serial for each in said),
        camera_serials=tuple(serials) or (_UNKNOWN,),
    )


def report_algorithms(
    bench: Workbench, sources: Sources, depths: tuple[DepthReconstructed, ...]
) -> tuple[Algorithm, ...]:
    """Return every model that ran, every way depth and change were found, once, and our own."""
    models = {
        run.model: Algorithm(
            name=run.manifest.name,
            version=run.manifest.version,
            digest=run.manifest.model.digest,
            runtime=_runtime(run.completed.run.runtime, run.completed.run.provider)
            if run.completed is not None
            else "gave no result here",
            training_data=run.manifest.training_data,
            validation=run.manifest.validation,
        )
        for run in sources.runs
    }
    ours = Algorithm(
        name="image-measures",
        version=bench.version,
        digest=bench.build,
        runtime=_runtime(
            f"opencv {metadata.version('opencv-python-headless')}",
            f"numpy {metadata.version('numpy')}",
        ),
        training_data="none: analytic",
        validation=_NO_PEOPLE,
    )
    made = dict.fromkeys(map(_depth_algorithm, depths))
    told = dict.fromkeys(_change_algorithm(bench, sources, each) for each in sources.changes)
    return (*models.values(), *made, *told, ours)


def _depth_algorithm(depth: DepthReconstructed) -> Algorithm:
    """Return what the record of a reconstruction says it was made with.

    It has no bytes of its own: its digest is that of name and settings as recorded.
    """
    name, _, version = depth.algorithm.rpartition("/")
    settings = ", ".join(depth.settings)
    recorded = "\n".join((depth.algorithm, *depth.settings))
    return Algorithm(
        name=name or depth.algorithm,
        version=version if name else _UNKNOWN,
        digest=Digest.of(recorded.encode()),
        runtime=f"platform {depth.platform[7:19]}; {settings or 'no settings'}",
        training_data="none: analytic",
        validation=_NO_PEOPLE,
    )


def _change_algorithm(
    bench: Workbench, sources: Sources, change: VolumeChangeMeasured
) -> Algorithm:
    """Return with what a change of volume was measured, validated as its claim says."""
    claim = read_claim(bench, change, sources.seq)
    name, _, version = change.algorithm.rpartition("/")
    recorded = "\n".join((change.algorithm, *change.settings))
    studies = "; ".join(each.summary for each in claim.evidence)
    label = f"{claim.label.capitalize()}. " if claim.label else ""
    return Algorithm(
        name=name,
        version=version,
        digest=Digest.of(recorded.encode()),
        runtime=f"platform {change.platform[7:19]}; {', '.join(change.settings)}",
        training_data="none: analytic",
        validation=f"{label}{claim.accuracy_words}. {studies}.",
    )


def _runtime(*parts: str) -> str:
    return ", ".join(parts)


def _conditions(
    sources: Sources, capture: Capture, depths: tuple[DepthReconstructed, ...]
) -> CaptureConditions:
    arrival = capture.arrival
    said = arrival.conditions if isinstance(arrival, AttemptSubmitted) else None
    gains = None if said is None else said.white_balance
    return CaptureConditions(
        capture_view=view_words(arrival.view),
        distance_mm=None if said is None else said.distance_mm,
        exposure_us=None if said is None else said.exposure_us,
        gain=None if said is None else said.gain,
        white_balance=None if gains is None else (gains.red, gains.green, gains.blue),
        cct_k=None if said is None else said.cct_k,
        zones=()
        if said is None
        else tuple(
            Zone(name=each.zone, duty_cycle=each.pwm, level=each.level, healthy=each.healthy)
            for each in said.zones
        ),
        temperature_c=None if said is None else said.temperature_c,
        fixture=_UNKNOWN
        if said is None
        else f"chin and forehead rest {'' if said.fixture_engaged else 'not '}engaged",
        polarisation=_UNKNOWN if said is None else ("on" if said.polarised else "off"),
        colour_reference=_colour_reference(
            capture, "not known" if said is None else said.colour_reference
        ),
        declared=_declared(capture.opened.prompts),
        quality="acceptable under the protocol's limits",
        quality_flags=_flags(sources, capture, depths),
    )


def _colour_reference(capture: Capture, claimed: str) -> ColourReference:
    """Return what we measured of the chart; its limits were the protocol's, and were met."""
    measured = {each.name: each.value for each in capture.attempt.measurements or ()}
    if measured.get(measures.COLOUR_REFERENCE_FOUND.name) == 1.0:
        residual = measured.get(measures.COLOUR_DIFFERENCE_CORRECTED_MEAN.name)
        return ColourReference(
            description="24-patch chart in view", passed=True, residual_delta_e=residual
        )
    said = "not found in the picture" if claimed == IN_VIEW else claimed
    return ColourReference(description=f"chart {said}", passed=None, residual_delta_e=None)


def _declared(prompts: Prompts) -> tuple[str, ...]:
    return (
        "no make-up" if prompts.makeup == "none" else f"{prompts.makeup} make-up",
        "hair held back" if prompts.hair_back else "hair not held back",
        "no glasses" if prompts.glasses_off else "glasses worn",
        "neutral expression" if prompts.neutral_expression else "expression not neutral",
        "rest cleaned" if prompts.rest_cleaned else "rest not cleaned",
    )


def _flags(
    sources: Sources, capture: Capture, depths: tuple[DepthReconstructed, ...]
) -> tuple[str, ...]:
    """Return what depth and findings of this attempt were flagged with, each once."""
    attempt = capture.attempt.attempt
    raised = [flag for each in depths if each.attempt == attempt for flag in each.quality_flags]
    raised += [
        flag
        for run in sources.runs
        if run.requested.attempt == attempt and run.completed is not None
        for finding in run.completed.findings
        for flag in finding.quality_flags
    ]
    return tuple(dict.fromkeys(raised))


def _each(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words)) or _UNKNOWN
