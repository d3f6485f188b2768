"""Cases from a practitioner-labelled data set: pictures measured by the shipped releases.

Rules kept here:

1. Pictures stay where they are; nothing of them enters the cases but numbers.
2. A picture that cannot be measured is an error with its name, never left out silently. What a
   release withholds of a picture by its own rule is a case without a value, and is counted.
3. A mask is compared on the whole picture: what was labelled where the output does not look counts
   as not found.
4. A mask is black and white, and of the picture's own size; it is put on the output's grid by
   halves, never stretched.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

import cv2
import numpy as np

from adapters.imaging.decode import read_structure
from adapters.imaging.pixels import Mask
from adapters.studies.evaluation import count_overlap
from adapters.studies.observations import Case, Cases, Classified, Quantity, Withheld
from domain.errors import MalformedInput
from validation.studies.manifest import Labelled, Labels, Manifest
from validation.studies.measured import MEASURED
from validation.studies.pictures import CLASSES, NUMBERS
from validation.studies.segmentations import MASKS, Marked, marked_on

YES_AND_NO: Final = ("no", "yes")
_WHITE: Final = 255
_HALF: Final = 0.5

T = TypeVar("T")
Say = Callable[[str], None]


def measure_labelled(manifest: Manifest, say: Say) -> Cases:
    """Measure every picture of a data set.

    Args:
        manifest: The data set.
        say: Told of every case.

    Raises:
        MalformedInput: the output cannot be measured, or a file is missing, is another one, cannot
            be measured, or has a label that is none.
    """
    classes, measure = _measure(manifest)
    cases: list[Case] = []
    for each in manifest.cases:
        say(each.case)
        cases.append(measure(each))
    return Cases(
        classes=classes,
        cases=tuple(cases),
        origin=manifest.origin,
        measured=MEASURED[manifest.output],
    )


def _measure(manifest: Manifest) -> tuple[tuple[str, ...], Callable[[Labelled], Case]]:
    output = manifest.output
    match manifest.labels:
        case Labels.NUMBER:
            number = _known(NUMBERS, output)
            return (), partial(_number, measure=number)
        case Labels.CLASS:
            classes = _known(CLASSES, output)
            return classes.names, partial(_class, names=classes.names, measure=classes.measure)
        case Labels.MASK:
            _known(MASKS, output)
            return (), partial(_mask, manifest=manifest)
        case Labels.YES_NO:
            _known(MASKS, output)
            return YES_AND_NO, partial(_yes_no, output=output)


def _known(measured: Mapping[str, T], output: str) -> T:
    found = measured.get(output)
    if found is None:
        raise MalformedInput(
            f"study.output: {output} is not measured for such labels; {', '.join(measured)} can be"
        )
    return found


def _number(given: Labelled, measure: Callable[[bytes], float]) -> Case:
    label = given.label
    if isinstance(label, bool) or not isinstance(label, int | float | None):
        raise MalformedInput(
            f"study.label: {given.case}: the label is no number; null says that only repeats count"
        )
    if label is None and len(given.pictures) == 1:
        raise MalformedInput(f"study.label: {given.case}: one picture without a label says nothing")
    return Quantity(
        case=given.case,
        factors=given.factors,
        repeats=tuple(
            _of_picture(given.case, picture.read(given.case), measure) for picture in given.pictures
        ),
        reference=None if label is None else float(label),
    )


def _class(given: Labelled, names: Sequence[str], measure: Callable[[bytes], str]) -> Case:
    if given.label not in names:
        raise MalformedInput(
            f"study.label: {given.case}: {given.label!r} is none of {', '.join(names)}"
        )
    said = _of_picture(given.case, given.pictures[0].read(given.case), measure)
    return Classified(
        case=given.case,
        factors=given.factors,
        said=names.index(said),
        true=names.index(str(given.label)),
    )


def _yes_no(given: Labelled, output: str) -> Case:
    if not isinstance(given.label, bool):
        raise MalformedInput(f"study.label: {given.case}: the label is true or false")
    found = _marked(given, output)
    if isinstance(found, str):
        return Withheld(case=given.case, factors=given.factors, why=found)
    return Classified(
        case=given.case,
        factors=given.factors,
        said=int(found.where.any()),
        true=int(given.label),
    )


def _mask(given: Labelled, manifest: Manifest) -> Case:
    drawn = _drawn(manifest.named(given.label, given.case).read(given.case), given.case)
    size = _of_picture(given.case, given.pictures[0].read(given.case), read_structure)
    if drawn.shape != (size.height, size.width):
        of_mask = f"{drawn.shape[1]} x {drawn.shape[0]}"
        raise MalformedInput(
            f"study.mask: {given.case}: the mask is {of_mask}, the picture {size.width} x "
            f"{size.height}; draw it on the picture itself"
        )
    found = _marked(given, manifest.output)
    if isinstance(found, str):
        return Withheld(case=given.case, factors=given.factors, why=found)
    return count_overlap(given.case, given.factors, found.where, on_grid(drawn, found.where.shape))


def on_grid(drawn: Mask, shape: tuple[int, ...]) -> Mask:
    """Return a picture's mask on an output's coarser grid: where half of a block is marked."""
    if drawn.shape == shape:
        return drawn
    rows, columns = shape
    block = drawn.shape[0] // rows
    inside = drawn[: rows * block, : columns * block].astype(np.float32)
    share = cv2.resize(inside, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(share >= _HALF)


def _marked(given: Labelled, output: str) -> Marked | str:
    return _of_picture(
        given.case, given.pictures[0].read(given.case), lambda picture: marked_on(picture, output)
    )


def _of_picture(case: str, content: bytes, measure: Callable[[bytes], T]) -> T:
    try:
        return measure(content)
    except MalformedInput as error:
        raise MalformedInput(f"study.picture: {case}: {error}") from error


def _drawn(content: bytes, case: str) -> Mask:
    plane = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if plane is None:
        raise MalformedInput(f"study.mask: {case}: the mask is no picture; store it as PNG")
    planes = plane[..., None] if plane.ndim == 2 else plane[..., :3]  # noqa: PLR2004 - grey
    if not np.isin(planes, (0, _WHITE)).all() or (planes != planes[..., :1]).any():
        raise MalformedInput(
            f"study.mask: {case}: a mask is black where nothing is and white where something is; "
            "store it as PNG without greys"
        )
    return np.asarray(planes[..., 0] == _WHITE)
