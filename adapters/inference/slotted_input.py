"""From a capture to the one tensor that a slotted model is given, and what is known of it.

Rules kept here:

1. The crop has the shape of the model's input; nothing is stretched, and what lies beyond the
   picture is black, and flagged.
2. Pixels are averaged over areas when there are more than the model takes, in the encoding that
   the model takes; else they are interpolated between neighbours.
3. A crop of the face or a region needs the face mesh; without one the run is refused.
4. Whoever is outside the stated domain is refused; what is not known of it is flagged [DRV-22].
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from adapters.imaging.determinism import fix_arithmetic
from adapters.imaging.refusal import malformed
from adapters.inference.analysis import Given, Source
from adapters.inference.release import InputDomain
from adapters.inference.skin_density_input import density_input
from adapters.inference.skin_density_input import preprocessing as looking
from adapters.inference.skin_tone import classify, individual_typology_angle_deg
from adapters.inference.slot import (
    ElementType,
    Encoding,
    InputKind,
    Layout,
    Slot,
    SlotDomain,
    SlotInput,
)
from adapters.inference.tensors import Tensor
from domain.errors import Refusal

METHOD: Final = "slotted-input/1"
PREPROCESSING: Final = f"{METHOD} {looking(shrunk=True)}"

CROP: Final = "slot_crop_px"
"""(6,) int64: left, top, width, height of the crop; columns, rows of the picture."""

TONE: Final = "slot_tone_lab"
BEYOND: Final = "crop-beyond-picture"
_MARGIN: Final = 0.1
_OF_ANOTHER: Final = frozenset({"scale-not-calibrated"})


@dataclass(frozen=True, slots=True)
class _Box:
    """A rectangle on the picture, whole pixels; may reach beyond it."""

    left: int
    top: int
    width: int
    height: int


def slotted_input(source: Source, slot: Slot, domain: InputDomain) -> Given:
    """Return what a slotted model is given of a capture.

    Raises:
        MalformedInput: the picture is too small, or the face was not found where it is needed.
    """
    fix_arithmetic()
    looked = density_input(source, domain, shrunk=True)
    tone = np.asarray(looked.beside["tone_lab"], dtype=np.float64)
    found = _found(source, slot.input)
    box = _shaped(found, slot.input)
    rows, columns = source.image.height, source.image.width
    is_inside = box.left >= 0 and box.top >= 0
    is_inside = is_inside and box.left + box.width <= columns and box.top + box.height <= rows
    unknown = () if source.age_years is not None else ("age-not-recorded",)
    return Given(
        tensors={slot.input.name: _tensor(source, slot.input, box)},
        beside={
            CROP: np.array(
                [box.left, box.top, box.width, box.height, columns, rows], dtype=np.int64
            ),
            TONE: tone,
        },
        facts=looked.facts,
        flags=(
            *(each for each in looked.flags if each not in _OF_ANOTHER),
            *unknown,
            *(() if is_inside else (BEYOND,)),
        ),
        refusals=(
            *_refused_person(source, slot.domain, tone),
            *_refused_picture(slot.domain, found, passed=looked.facts.colour_reference_passed),
        ),
    )


def _found(source: Source, given: SlotInput) -> _Box:
    """Return where on the picture the model is to look."""
    if given.kind is InputKind.PICTURE:
        return _Box(0, 0, source.image.width, source.image.height)
    if given.region is not None:
        masks = [source.regions[given.region]] if given.region in source.regions else []
    else:
        masks = list(source.regions.values())
    marked = np.any(masks, axis=0) if masks else np.zeros((1, 1), dtype=np.bool_)
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    if not rows.size:
        raise malformed(
            "model.face",
            f"{given.region or 'the face'} was not found on the picture",
            "Release a face model, and capture again with the whole face in view",
        )
    left, top = int(columns[0]), int(rows[0])
    return _Box(left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1)


def _shaped(found: _Box, given: SlotInput) -> _Box:
    """Return the box grown around its centre to the shape of the model's input."""
    margin = 0.0 if given.kind is InputKind.PICTURE else _MARGIN
    width, height = (side * (1 + 2 * margin) for side in (found.width, found.height))
    scale = max(width / given.width_px, height / given.height_px)
    columns = max(1, round(scale * given.width_px))
    rows = max(1, round(scale * given.height_px))
    left = found.left - (columns - found.width) // 2
    top = found.top - (rows - found.height) // 2
    return _Box(left, top, columns, rows)


def _tensor(source: Source, given: SlotInput, box: _Box) -> Tensor:
    is_linear = given.encoding is Encoding.LINEAR
    picture: NDArray[np.generic] = source.image.linear if is_linear else source.image.encoded
    is_whole = given.element_type is ElementType.UINT8
    cut = np.zeros((box.height, box.width, 3), dtype=np.uint8 if is_whole else np.float32)
    top, left = max(box.top, 0), max(box.left, 0)
    seen = picture[top : box.top + box.height, left : box.left + box.width]
    down, across = top - box.top, left - box.left
    cut[down : down + seen.shape[0], across : across + seen.shape[1]] = seen
    shrinks = box.width >= given.width_px and box.height >= given.height_px
    resized = np.asarray(
        cv2.resize(
            cut,
            (given.width_px, given.height_px),
            interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
        )
    )
    if not is_whole:
        values = resized / np.float32(1 if is_linear else 255)
        mean = np.array([float(each) for each in given.mean], dtype=np.float32)
        deviation = np.array([float(each) for each in given.deviation], dtype=np.float32)
        resized = (values - mean) / deviation
    if given.layout is Layout.CHANNELS_FIRST:
        resized = resized.transpose(2, 0, 1)
    return np.ascontiguousarray(resized[np.newaxis])


def _refused_person(
    source: Source, domain: SlotDomain, tone: NDArray[np.float64]
) -> tuple[Refusal, ...]:
    refusals = []
    if np.isfinite(tone).all():
        ita_deg = individual_typology_angle_deg(float(tone[0]), float(tone[2]))
        measured = classify(ita_deg)
        if measured not in domain.tones:
            refusals.append(
                _outside(
                    "model.skin-tone",
                    f"skin of {ita_deg:.1f} degrees of typology angle is {measured.value}; the "
                    f"model was accepted on {', '.join(each.value for each in domain.tones)}",
                )
            )
    else:
        refusals.append(_outside("model.skin-tone", "no skin was found whose tone can be measured"))
    age = source.age_years
    if age is not None and not domain.age_min_years <= age <= domain.age_max_years:
        refusals.append(
            _outside(
                "model.age",
                "the client's age lies outside "
                f"{domain.age_min_years} to {domain.age_max_years} years",
            )
        )
    if source.makeup is not None and source.makeup not in domain.makeup:
        refusals.append(
            _outside("model.makeup", f"{source.makeup} make-up was declared", "on clean skin")
        )
    if domain.neutral_expression and not source.neutral_expression:
        refusals.append(
            _outside("model.expression", "the expression was not neutral", "with a relaxed face")
        )
    return tuple(refusals)


def _refused_picture(
    domain: SlotDomain, found: _Box, *, passed: bool | None
) -> tuple[Refusal, ...]:
    refusals = []
    if domain.colour_chart and not passed:
        state = "no colour chart was in view" if passed is None else "the colour chart failed"
        refusals.append(_outside("model.colour-chart", state, "with the chart in view"))
    side_px = min(found.width, found.height)
    if side_px < domain.source_side_min_px:
        refusals.append(
            _outside(
                "model.resolution",
                f"what the model looks at is {side_px} pixels across, "
                f"{domain.source_side_min_px} are needed",
                "with the face larger in the picture",
            )
        )
    return tuple(refusals)


def _outside(rule: str, evidence: str, again: str = "") -> Refusal:
    step = f"Capture again {again}." if again else "Use a model that was accepted for this client."
    return Refusal(rule=rule, evidence=evidence, next_step=step)
