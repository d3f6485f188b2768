"""A whole report with sensible defaults, as a clinic would issue it."""

import cv2
import numpy as np

from adapters.reports.conditions import (
    Algorithm,
    Calibration,
    CaptureConditions,
    ColourReference,
    Versions,
    Zone,
)
from adapters.reports.content import EvidenceItem, LogState, ReportContent, Trace
from adapters.reports.identity import CaptureSession, Clinic, Moment, Person, SignOff
from adapters.reports.maps import ReportMap
from adapters.reports.results import (
    Reading,
    ReportFinding,
    ReportImage,
    Verdict,
    WithheldOutput,
)
from domain.values.content import Digest
from domain.values.identifiers import ReportId
from domain.values.time import Instant
from tests.adapters.inference.faces import SKIN_LAB, draw_face, with_noise

ALGORITHM = "skin-colour 1.0.0"
COLOUR_LIMIT = "Describes colour as photographed under the station's light; it is not a diagnosis."
MAKEUP_LIMIT = "Shading, make-up, facial hair and gloss change the measured colour."
TYPE_LIMIT = "Fitzpatrick skin type is a reaction to the sun and cannot be seen in a picture."

REPORT = ReportId.derived("sample")
PRACTITIONER = Person(display_name="Dr Amélie Nguyễn", role="Cosmetic physician")
OPERATOR = Person(display_name="Tom Hale", role="Operator")


def moment(text: str) -> Moment:
    return Moment(instant=Instant.parse(text), utc_offset_min=660, zone="Australia/Sydney")


def jpeg(tone: str = "intermediate", seed: int = 1) -> bytes:
    """Return a drawn face as JPEG."""
    drawn, _ = draw_face(SKIN_LAB[tone], width_px=480, height_px=600)
    written, content = cv2.imencode(".jpg", with_noise(drawn, seed=seed)[..., ::-1])
    assert written
    return content.tobytes()


def png(tone: str = "intermediate") -> bytes:
    """Return a small drawn face as PNG."""
    drawn, _ = draw_face(SKIN_LAB[tone], width_px=80, height_px=100)
    written, content = cv2.imencode(".png", np.ascontiguousarray(drawn[..., ::-1]))
    assert written
    return content.tobytes()


def image(content: bytes, view: str) -> ReportImage:
    return ReportImage(
        content=content,
        digest=Digest.of(content),
        source=Digest.of(b"frame of " + view.encode()),
        capture_view=view,
        description=f"Photograph of the face, {view.lower()} view",
    )


def finding(
    label: str,
    reading: Reading,
    *,
    uncertainty: float | None = None,
    confidence: float = 0.86,
    limitations: tuple[str, ...] = (COLOUR_LIMIT, MAKEUP_LIMIT),
    verdict: Verdict = Verdict.ACCEPTED,
    reason: str = "",
    original: Reading | None = None,
    quality_flags: tuple[str, ...] = (),
    needs_confirmation: bool = False,
) -> ReportFinding:
    return ReportFinding(
        category="Skin tone",
        label=label,
        algorithm=ALGORITHM,
        reading=reading,
        uncertainty=uncertainty,
        coverage_factor=None if uncertainty is None else 2.0,
        confidence=confidence,
        quality_flags=quality_flags,
        limitations=limitations,
        verdict=verdict,
        reason=reason,
        original=original,
        needs_confirmation=needs_confirmation,
    )


def quantity(value: float, unit: str) -> Reading:
    return Reading(value=value, unit=unit, text=None)


def words(text: str) -> Reading:
    return Reading(value=None, unit=None, text=text)


def findings() -> tuple[ReportFinding, ...]:
    return (
        finding("Lightness L*", quantity(60.4837, "CIELAB"), uncertainty=1.416),
        finding("Green to red a*", quantity(11.52, "CIELAB"), uncertainty=1.4),
        finding("Blue to yellow b*", quantity(17.04, "CIELAB"), uncertainty=1.4),
        finding("Individual typology angle", quantity(31.61, "°"), uncertainty=4.07),
        finding("Skin tone class", words("intermediate"), confidence=0.84),
        finding(
            "Melanin index",
            quantity(36.8, "index points"),
            uncertainty=2.31,
            quality_flags=("little-skin",),
            confidence=0.61,
        ),
        finding(
            "Erythema index",
            quantity(19.9, "index points"),
            uncertainty=1.77,
            verdict=Verdict.REJECTED,
            reason="Flushed after cleansing",
        ),
        finding(
            "Skin tone uniformity",
            words(
                "Tone is even: areas of 32 px differ from the mean colour by 1.4 ΔE*ab on average."
            ),
        ),
        finding(
            "Fitzpatrick skin type",
            words("IV"),
            limitations=(TYPE_LIMIT,),
            verdict=Verdict.AMENDED,
            reason="Tans easily, burns rarely by history",
            original=words("III"),
            needs_confirmation=True,
            confidence=0.7,
        ),
    )


def conditions(view: str = "Frontal") -> CaptureConditions:
    return CaptureConditions(
        capture_view=view,
        distance_mm=451.2,
        exposure_us=8333.0,
        gain=1.25,
        white_balance=(1.912, 1.0, 1.604),
        cct_k=5630.0,
        zones=(
            Zone(name="left", duty_cycle=0.62, level=1.01, healthy=True),
            Zone(name="right", duty_cycle=0.64, level=0.99, healthy=True),
            Zone(name="top", duty_cycle=0.5, level=1.0, healthy=True),
        ),
        temperature_c=24.3,
        fixture="chin and forehead rest engaged",
        polarisation="off",
        colour_reference=ColourReference(
            description="24-patch chart in view", passed=True, residual_delta_e=1.18
        ),
        declared=("no make-up", "hair held back", "no glasses", "neutral expression"),
        quality="acceptable",
        quality_flags=(),
    )


def calibration() -> Calibration:
    return Calibration(
        capture_views=("Frontal", "Left oblique", "Right oblique"),
        identifier="3f0c9a52-6b1e-4c58-9d5e-2a7d8f1b6c40",
        performed_at=moment("2026-03-02T21:40:00.000000Z"),
        operator=OPERATOR,
        target="charuco-9x6-15mm, serial CB-0417",
        reprojection_error_px=0.118,
        baseline_mm=79.9982,
        lens_configuration="16 mm f/5.6, focus locked at 450 mm",
        passed=True,
        reasons=(),
        valid_until=moment("2026-03-09T21:40:00.000000Z"),
        current_at_capture=True,
    )


def versions() -> Versions:
    return Versions(
        product="vultus 0.1.0, build 7f3a91c",
        station_software="vultus-station 0.1.0",
        station_firmware="4.2.1",
        protocol="face-standard, version 3",
        device_serial="ST-0007",
        camera_serials=("IMX477-L-1042", "IMX477-R-1043"),
    )


def algorithm() -> Algorithm:
    return Algorithm(
        name="skin-colour",
        version="1.0.0",
        digest=Digest.of(b"model"),
        runtime="onnxruntime 1.31.1, CPUExecutionProvider, 1 thread, float32",
        training_data="none: analytic",
        validation="Technical verification only. No clinical validation with people.",
    )


def maps() -> tuple[ReportMap, ...]:
    """Return a scale, a kind of mark, and two kinds in one picture, over a drawn face."""
    return tuple(
        ReportMap(
            image=image(jpeg(seed=seed), "Frontal"),
            overlay=Digest.of(legend.encode()),
            legend=legend,
            colours=colours,
            scale=scale,
            algorithm=ALGORITHM,
        )
        for seed, (legend, colours, scale) in enumerate(
            (
                ("Melanin index, 10 to 140", ("#fff0d6", "#be783e", "#30180c"), True),
                ("Brown spots: 41, 118 mm²", ("#e8aa3c",), False),
                ("Fine lines: 84 mm; Wrinkles: 312 mm", ("#78e68c", "#fa783c"), False),
                ("Another map, 0 to 1", (), True),
            ),
            start=11,
        )
    )


def report(**changes: object) -> ReportContent:
    """Return a signed report of a demonstration clinic; name what should be different."""
    parts: dict[str, object] = {
        "report": REPORT,
        "number": "VR-2026-000123",
        "issued_at": moment("2026-03-03T09:20:41.250000Z"),
        "clinic": Clinic(name="Harbour Street Clinic", demo=True),
        "pseudonym": "Person H-4821",
        "sessions": (
            CaptureSession(
                label="Session 1",
                captured_at=moment("2026-03-03T09:02:17.000000Z"),
                operator=OPERATOR,
                protocol="face-standard, version 3",
                accepted_attempts=3,
                refused_attempts=1,
            ),
        ),
        "conclusion": (
            "Even facial tone, comparable with the person's own account.\n"
            "Next capture under the same protocol in six weeks, before any treatment is discussed."
        ),
        "sign_off": SignOff(
            signer=PRACTITIONER,
            meaning="reviewed and approved",
            signed_at=moment("2026-03-03T09:19:58.000000Z"),
            signed_digest=Digest.of(b"presentation"),
        ),
        "images": (
            image(jpeg(), "Frontal"),
            image(jpeg(seed=2), "Left oblique"),
            image(jpeg(seed=3), "Right oblique"),
        ),
        "findings": findings(),
        "withheld": (
            WithheldOutput(
                label="Volume change",
                reason="Stereo completeness 71 % is below the limit of 85 %.",
                next_step="Capture again under a locked calibration with the chin on the rest.",
            ),
        ),
        "comparison": None,
        "algorithms": (algorithm(),),
        "conditions": (conditions(),),
        "calibrations": (calibration(),),
        "limitations": (
            "Pictures show the face at one moment under one light.",
            "No clinical validation with people has been completed for these outputs.",
        ),
        "contraindications": (
            "Not for the diagnosis or exclusion of any disease.",
            "Not for choosing laser or light energy without the practitioner's own skin typing.",
        ),
        "versions": versions(),
        "trace": Trace(
            evidence=(
                EvidenceItem(label="Frame, frontal", digest=Digest.of(b"frontal"), seq=17),
                EvidenceItem(label="Calibration", digest=Digest.of(b"calibration"), seq=4),
                EvidenceItem(label="Inference, skin colour", digest=Digest.of(b"run"), seq=21),
                EvidenceItem(label="Skin-colour model", digest=Digest.of(b"model"), seq=2),
            ),
            log=LogState(
                origin="vultus/6f1d2c3b-0d7e-4a55-8a0e-93b1c2d4e5f6",
                size=27,
                root=Digest.of(b"root"),
            ),
        ),
    }
    return ReportContent(**(parts | changes))  # type: ignore[arg-type]
