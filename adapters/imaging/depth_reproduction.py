"""Making recorded depth again, and saying what became of it [DRV-20].

Rules kept here:

1. What differs in inputs, settings, method or platform is named, whether or not the bytes agree.
2. Bit-identity is promised within one platform digest only; across digests depth within
   ``TOLERANCE_MM`` RMS counts as reproduced, and it is said which of the two was found.
3. A method that this build does not know is named as the difference, and nothing is run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from adapters.imaging.calibration import calibration_from_bytes
from adapters.imaging.decode import decode
from adapters.imaging.depth import (
    METHODS,
    DepthMap,
    decode_depth,
    encode_depth,
    reconstruct,
    settings_of,
)
from adapters.imaging.determinism import platform_digest
from domain.values.content import Digest

TOLERANCE_MM: Final = 0.05
_SAME_CELLS: Final = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthReproduction:
    """What making depth again showed.

    Attributes:
        identical: Whether the bytes are the recorded ones.
        close: Whether the depth is the recorded one within the tolerance.
        changed: What differs from the record: ``input:left``, ``input:right``,
            ``input:calibration``, ``method``, ``settings``, ``platform``; empty when nothing does.
        rms_mm: Root mean square difference of depth where both have it; none when nothing was run
            or nothing is in common.
    """

    identical: bool
    close: bool
    changed: tuple[str, ...]
    rms_mm: float | None

    @property
    def evidence(self) -> str:
        """What was compared, in words, for the record."""
        changed = f"changed: {', '.join(self.changed)}" if self.changed else "nothing changed"
        if self.identical:
            return f"{changed}; depth bit-identical"
        if self.rms_mm is None:
            return f"{changed}; depth not comparable"
        return f"{changed}; depth off by {self.rms_mm:.3g} mm RMS"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDepth:
    """What the record kept of a depth map.

    Attributes:
        content: The stored depth map.
        algorithm: Method and version.
        settings: Settings as ``name=value``.
        inputs: Digests of left, right and calibration parameters.
        platform: Digest of the computing platform's description.
    """

    content: bytes
    algorithm: str
    settings: tuple[str, ...]
    inputs: tuple[Digest, ...]
    platform: Digest


def reproduce_depth(
    left: bytes, right: bytes, calibration: bytes, recorded: RecordedDepth
) -> DepthReproduction:
    """Make depth of stored inputs again by the recorded method, and compare.

    Raises:
        MalformedInput: an input is not what it claims to be, or gives no depth at all.
    """
    changed = list(_changed_inputs((left, right, calibration), recorded.inputs))
    if recorded.platform != Digest(platform_digest()):
        changed.append("platform")
    if recorded.algorithm not in METHODS:
        return DepthReproduction(
            identical=False, close=False, changed=(*changed, "method"), rms_mm=None
        )
    if recorded.settings != settings_of(recorded.algorithm):
        changed.append("settings")
    again = reconstruct(
        decode(left),
        decode(right),
        calibration_from_bytes(calibration),
        method=recorded.algorithm,
    )
    before = decode_depth(recorded.content, step=again.step, method=recorded.algorithm)
    identical = encode_depth(again) == recorded.content
    rms_mm = _difference_mm(again, before)
    close = rms_mm is not None and rms_mm <= TOLERANCE_MM and _same_cells(again, before)
    return DepthReproduction(
        identical=identical, close=close, changed=tuple(changed), rms_mm=rms_mm
    )


def _changed_inputs(now: Sequence[bytes], then: Sequence[Digest]) -> tuple[str, ...]:
    names = ("left", "right", "calibration")
    known = [*then, *[None] * len(names)]
    return tuple(
        f"input:{name}"
        for name, content, before in zip(names, now, known, strict=False)
        if Digest.of(content) != before
    )


def _difference_mm(now: DepthMap, then: DepthMap) -> float | None:
    if now.valid.shape != then.valid.shape:
        return None
    both = now.valid & then.valid
    if not both.any():
        return None
    return float(np.sqrt(np.mean((now.depth_mm[both] - then.depth_mm[both]) ** 2)))


def _same_cells(now: DepthMap, then: DepthMap) -> bool:
    return float((now.valid == then.valid).mean()) >= _SAME_CELLS
