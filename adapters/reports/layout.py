"""From a report's content to the texts that its template places, nothing added and nothing lost.

Rules kept here:

1. The template only places texts; every word and number that depends on the content is made here.
2. Every text is one the typeface can show (``typeface.printable``); none is ever read as markup.
3. Limitations are listed once and numbered; each finding names its numbers.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from adapters.reports import wording
from adapters.reports.attachment import FILE_NAME
from adapters.reports.compared import comparison, pair
from adapters.reports.conditions import Algorithm, Calibration, CaptureConditions, Uncalibrated
from adapters.reports.content import ReportContent
from adapters.reports.maps import ReportMap
from adapters.reports.pictures import Picture
from adapters.reports.results import ReportFinding, Verdict
from domain.ledger.canonical import JsonValue

Placed: TypeAlias = dict[str, JsonValue]

NONE_RAISED: Final = "none raised"
NOT_KNOWN: Final = "not known"


def place(
    content: ReportContent,
    pictures: tuple[Picture, ...],
    evidence: bytes,
    show: Callable[[str], str],
    *,
    maps: tuple[Picture, ...] = (),
) -> Placed:
    """Return every text of the report in the shape that the template expects.

    Args:
        content: The report.
        pictures: Its pictures, checked, in the content's order.
        evidence: The attached data.
        show: Makes a text one that the typeface can show.
        maps: Its maps over photographs, checked, in the content's order.
    """
    notes = _notes(content)
    placed: Placed = {
        "number": content.number,
        "clinic": content.clinic.name,
        "demo": content.clinic.demo,
        "marks": _marks(content),
        "code": content.verification_code,
        "summary": _summary(content),
        "sign_off": _sign_off(content),
        "groups": _groups(content.findings, notes),
        "withheld": [
            {"label": each.label, "reason": each.reason, "next_step": each.next_step}
            for each in content.withheld
        ],
        "comparison": None if content.comparison is None else comparison(content.comparison),
        "pairs": [pair(each) for each in content.pairs],
        "maps": [_map(each) for each in content.maps],
        "maps_left_out": content.maps_left_out,
        "conclusion": [each for each in content.conclusion.splitlines() if each.strip()],
        "conditions": [_conditions(each) for each in content.conditions],
        "calibrations": [_calibration(each) for each in content.calibrations],
        "sessions": _sessions(content),
        "algorithms": [_algorithm(each) for each in content.algorithms],
        "versions": _versions(content),
        "notes": list(notes),
        "contraindications": list(content.contraindications),
        "evidence": [
            {
                "label": each.label,
                "seq": "" if each.seq is None else str(each.seq),
                "digest": str(each.digest),
            }
            for each in content.trace.evidence
        ],
        "log": _log(content),
        "attachment": FILE_NAME,
        "pictures": [
            {"caption": each.capture_view, "alt": each.description, "source": str(each.source)}
            for each in content.images
        ],
    }
    shown = _shown(placed, show)
    # Picture and attachment are data, not text: they go through untouched.
    shown["svgs"] = [_svg(each) for each in pictures]
    shown["map_svgs"] = [_svg(each) for each in maps]
    shown["attached"] = evidence.decode()
    return shown


def _shown(placed: Placed, show: Callable[[str], str]) -> Placed:
    def visit(value: JsonValue) -> JsonValue:
        if isinstance(value, str):
            return show(value)
        if isinstance(value, Mapping):
            return {name: visit(each) for name, each in value.items()}
        if isinstance(value, list):
            return [visit(each) for each in value]
        return value

    return {name: visit(each) for name, each in placed.items()}


def _marks(content: ReportContent) -> list[JsonValue]:
    """Return the words laid over every page."""
    marks: list[JsonValue] = []
    if content.clinic.demo:
        marks.append("DEMO")
    if content.sign_off is None:
        marks.append("DRAFT")
    return marks


def _facts(*pairs: tuple[str, str]) -> list[JsonValue]:
    return [[name, text] for name, text in pairs]


def _summary(content: ReportContent) -> list[JsonValue]:
    newest = content.sessions[0]
    signature = content.sign_off
    zones = dict.fromkeys((newest.captured_at.zone, content.issued_at.zone))
    return _facts(
        ("Person", content.pseudonym),
        ("Practitioner", "not signed off" if signature is None else signature.signer.display_name),
        ("Captured", wording.moment(newest.captured_at)),
        ("Report made", wording.moment(content.issued_at)),
        ("Clinic", content.clinic.name),
        ("Time zone", ", ".join(zones)),
    )


def _sign_off(content: ReportContent) -> Placed | None:
    signature = content.sign_off
    if signature is None:
        return None
    return {
        "signer": signature.signer.display_name,
        "role": signature.signer.role,
        "meaning": signature.meaning,
        "signed_at": wording.moment(signature.signed_at),
        "digest": str(signature.signed_digest),
    }


def _notes(content: ReportContent) -> tuple[str, ...]:
    """Return every limitation once: the report's own, then the findings' in order."""
    own = dict.fromkeys(content.limitations)
    for finding in content.findings:
        own |= dict.fromkeys(finding.limitations)
    return tuple(own)


def _groups(findings: tuple[ReportFinding, ...], notes: tuple[str, ...]) -> list[JsonValue]:
    """Return findings by category and algorithm, both in the order of their first finding."""
    groups: dict[tuple[str, str], list[JsonValue]] = {}
    for finding in findings:
        rows = groups.setdefault((finding.category, finding.algorithm), [])
        rows.append(_finding(finding, notes))
    return [
        {"category": category, "algorithm": algorithm, "rows": rows}
        for (category, algorithm), rows in groups.items()
    ]


def _finding(finding: ReportFinding, notes: tuple[str, ...]) -> Placed:
    numbers = sorted(notes.index(each) + 1 for each in finding.limitations)
    suggestion_refused = finding.needs_confirmation and finding.verdict is Verdict.REJECTED
    # A skin type that the practitioner did not confirm is not reported as one.
    text = (
        "not reported"
        if suggestion_refused
        else wording.reading(finding.reading, finding.uncertainty)
    )
    return {
        "label": wording.label(finding),
        "value": text,
        "words": finding.reading.value is None,
        "uncertainty": wording.expanded(finding.uncertainty, finding.coverage_factor),
        "confidence": wording.percentage(finding.confidence),
        "level": finding.confidence,
        "flags": list(finding.quality_flags) or [NONE_RAISED],
        "flagged": bool(finding.quality_flags),
        "limits": ", ".join(map(str, numbers)),
        "verdict": wording.verdict(finding),
        "state": finding.verdict.value,
    }


def _map(each: ReportMap) -> Placed:
    return {
        "view": each.image.capture_view,
        "alt": each.image.description,
        "kinds": list(each.kinds),
        "colours": list(each.colours),
        "scale": each.scale,
        "algorithm": each.algorithm,
        "source": str(each.image.source),
    }


def _conditions(capture: CaptureConditions) -> Placed:
    chart = capture.colour_reference
    state = {True: "passed", False: "failed", None: "not measured"}[chart.passed]
    residual = (
        ""
        if chart.residual_delta_e is None
        else f", mean residual {wording.number(chart.residual_delta_e)} ΔE"
    )
    colour_k = NOT_KNOWN if capture.cct_k is None else f"{capture.cct_k:.0f} K"
    exposure_ms = None if capture.exposure_us is None else capture.exposure_us / 1000
    return {
        "view": capture.capture_view,
        "facts": _facts(
            ("Quality verdict", capture.quality),
            ("Quality flags", ", ".join(capture.quality_flags) or NONE_RAISED),
            ("Camera-to-face distance", _known(capture.distance_mm, " mm")),
            ("Exposure", _known(exposure_ms, " ms")),
            ("Gain", _known(capture.gain, "", before="× ")),
            ("White balance", _white_balance(capture)),
            ("Colour temperature", colour_k),
            ("Temperature", _known(capture.temperature_c, " °C")),
            ("Fixture", capture.fixture),
            ("Polarisation", capture.polarisation),
            ("Colour reference", f"{chart.description}: {state}{residual}"),
            ("Declared before capture", "; ".join(capture.declared) or "nothing"),
        ),
        "zones": [
            {
                "name": each.name,
                "duty": wording.percentage(each.duty_cycle),
                "level": wording.percentage(each.level),
                "health": "healthy" if each.healthy else "fault",
            }
            for each in capture.zones
        ],
    }


def _known(value: float | None, unit: str, *, before: str = "") -> str:
    return NOT_KNOWN if value is None else f"{before}{wording.number(value)}{unit}"


def _white_balance(capture: CaptureConditions) -> str:
    if capture.white_balance is None:
        return NOT_KNOWN
    red, green, blue = capture.white_balance
    return f"R {red:.3f}, G {green:.3f}, B {blue:.3f}"


def _calibration(calibration: Calibration | Uncalibrated) -> Placed:
    if isinstance(calibration, Uncalibrated):
        return {
            "state": "uncalibrated",
            "badge": "No locked calibration",
            "reasons": [calibration.reason],
            "facts": _facts(("Captured", ", ".join(calibration.capture_views))),
        }
    valid = calibration.passed and calibration.current_at_capture
    reasons = list(calibration.reasons)
    if not calibration.current_at_capture:
        reasons.append("It was not valid when the pictures were taken.")
    return {
        "state": "passed" if valid else "failed",
        "badge": "Passed and valid at capture" if valid else "Failed or not valid at capture",
        "reasons": [*reasons],
        "facts": _facts(
            ("Captured", ", ".join(calibration.capture_views)),
            ("Calibration", calibration.identifier),
            ("Performed", wording.moment(calibration.performed_at)),
            ("Operator", f"{calibration.operator.display_name}, {calibration.operator.role}"),
            ("Target", calibration.target),
            ("Reprojection error", f"{wording.number(calibration.reprojection_error_px)} px"),
            ("Baseline", f"{calibration.baseline_mm:.3f} mm"),
            ("Lenses", calibration.lens_configuration),
            ("Result", "passed" if calibration.passed else "failed"),
            ("Valid until", wording.moment(calibration.valid_until)),
        ),
    }


def _sessions(content: ReportContent) -> list[JsonValue]:
    return [
        {
            "label": each.label,
            "captured": wording.moment(each.captured_at),
            "operator": f"{each.operator.display_name}, {each.operator.role}",
            "protocol": each.protocol,
            "attempts": f"{each.accepted_attempts} accepted, {each.refused_attempts} refused",
        }
        for each in content.sessions
    ]


def _algorithm(algorithm: Algorithm) -> Placed:
    return {
        "name": f"{algorithm.name} {algorithm.version}",
        "digest": str(algorithm.digest),
        "runtime": algorithm.runtime,
        "training": algorithm.training_data,
        "validation": algorithm.validation,
    }


def _versions(content: ReportContent) -> list[JsonValue]:
    versions = content.versions
    return _facts(
        ("Product", versions.product),
        ("Station software", versions.station_software),
        ("Station firmware", versions.station_firmware),
        ("Acquisition protocol", versions.protocol),
        ("Station serial number", versions.device_serial),
        ("Camera serial numbers", ", ".join(versions.camera_serials)),
    )


def _log(content: ReportContent) -> list[JsonValue]:
    log = content.trace.log
    if log is None:
        return _facts(("Log", "no checkpoint was at hand when this report was made"))
    return _facts(
        ("Log", log.origin), ("Records at that time", str(log.size)), ("Root", str(log.root))
    )


def _svg(picture: Picture) -> str:
    """Wrap a picture so that it reaches the compiler inside the data, never through a file.

    Faces would otherwise lie unencrypted in a temporary folder while the report is made.
    """
    data = base64.b64encode(picture.content).decode()
    size = f'width="{picture.width_px}" height="{picture.height_px}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
        f'<image {size} href="data:{picture.media_type};base64,{data}"/></svg>'
    )
