"""Packs one capture attempt: encodes the frames, names them by digest, says what was done.

Rules kept here:

1. Frames are stored as lossless PNG that declares sRGB; the digest is over those very bytes.
2. Conditions are what the hardware read back and the last calibrations found, never what was asked.
3. Good or bad is not decided here: every attempt is handed in.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from device.ports import Pair, Picture
from domain.errors import MalformedInput
from domain.events.capture_session import AttemptSubmitted
from domain.values.calibration import IlluminationRecord
from domain.values.capture import CaptureConditions, DeviceConfiguration, GateResult
from domain.values.content import (
    CaptureView,
    ColourEncoding,
    ContentReference,
    Digest,
    FrameRole,
    ImageReference,
)
from domain.values.identifiers import AttemptId, CalibrationId
from domain.values.quality import QualityMeasurement
from domain.values.time import DeviceTime

IN_VIEW: Final = "in-view"
_AFTER_HEADER: Final = 33
_COMPRESSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What held when the shutter opened.

    Attributes:
        serial: Serial number of the station.
        configuration: What runs and is mounted.
        model_manifest: The list of approved releases the session was opened with.
        calibration: The locked calibration in use.
        illumination: The illumination calibration in use.
        distance_mm: What the distance sensor said.
        temperature_c: Temperature, when known.
        fixture_engaged: Whether the rest was used.
        infeasible: Why no colour reference was feasible; empty when one was in view.
        colour_reference_passed: The station's own check of it.
        clock_offset_ms: Last known offset of the clock.
        clock_uncertainty_ms: Its uncertainty.
    """

    serial: str
    configuration: DeviceConfiguration
    model_manifest: Digest
    calibration: CalibrationId
    illumination: IlluminationRecord
    distance_mm: float
    temperature_c: float | None
    fixture_engaged: bool
    infeasible: str
    colour_reference_passed: bool
    clock_offset_ms: float | None
    clock_uncertainty_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedAttempt:
    """An attempt ready to be signed.

    Attributes:
        event: What is stated.
        content: The frames' bytes, left first.
    """

    event: AttemptSubmitted
    content: tuple[bytes, ...]


def pack_attempt(
    pair: Pair,
    *,
    attempt: AttemptId,
    view: CaptureView,
    captured_at: DeviceTime,
    circumstances: Circumstances,
    gates: tuple[GateResult, ...],
    claims: tuple[QualityMeasurement, ...],
) -> PackedAttempt:
    """Return the attempt and the bytes of its frames."""
    encoded = tuple(encode_png(each) for each in (pair.left, pair.right))
    cameras = circumstances.configuration.cameras
    frames = tuple(
        ImageReference(
            content=ContentReference(
                digest=Digest.of(content), size_bytes=len(content), media_type="image/png"
            ),
            role=role,
            camera_serial=camera.serial,
            width_px=picture.shape[1],
            height_px=picture.shape[0],
            encoding=ColourEncoding.SRGB,
        )
        for content, picture, role, camera in zip(
            encoded,
            (pair.left, pair.right),
            (FrameRole.LEFT, FrameRole.RIGHT),
            cameras,
            strict=True,
        )
    )
    event = AttemptSubmitted(
        attempt=attempt,
        view=view,
        frames=frames,
        captured_at=captured_at,
        conditions=_conditions(pair, circumstances),
        gates=gates,
        claims=claims,
    )
    return PackedAttempt(event=event, content=encoded)


def encode_png(picture: Picture) -> bytes:
    """Return a picture as PNG that declares sRGB.

    Raises:
        MalformedInput: the picture cannot be encoded.

    Source: W3C Portable Network Graphics, third edition, section 11.3.2.5 (sRGB).
    """
    ok, content = cv2.imencode(
        ".png",
        np.ascontiguousarray(picture[..., ::-1]),
        [cv2.IMWRITE_PNG_COMPRESSION, _COMPRESSION],
    )
    if not ok:
        raise MalformedInput("the picture cannot be encoded")
    body = b"sRGB\x00"
    chunk = struct.pack(">I", 1) + body + struct.pack(">I", zlib.crc32(body))
    raw = content.tobytes()
    return raw[:_AFTER_HEADER] + chunk + raw[_AFTER_HEADER:]


def _conditions(pair: Pair, held: Circumstances) -> CaptureConditions:
    return CaptureConditions(
        device_serial=held.serial,
        camera_serials=tuple(each.serial for each in held.configuration.cameras),
        firmware=held.configuration.firmware,
        software=held.configuration.software,
        model_manifest=held.model_manifest,
        calibration=held.calibration,
        distance_mm=held.distance_mm,
        exposure_us=pair.settings.exposure_us,
        gain=pair.settings.gain,
        white_balance=pair.settings.white_balance,
        cct_k=held.illumination.cct_k,
        zones=held.illumination.zones,
        temperature_c=held.temperature_c,
        fixture_engaged=held.fixture_engaged,
        polarised=held.configuration.polarisation,
        colour_reference=held.infeasible or IN_VIEW,
        colour_reference_passed=held.colour_reference_passed,
        clock_offset_ms=held.clock_offset_ms,
        clock_uncertainty_ms=held.clock_uncertainty_ms,
    )
