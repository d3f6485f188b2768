"""Cases from a practitioner-labelled data set: pictures and labels, given as a manifest.

Rules kept here:

1. The manifest names every picture by digest; another picture under its name is refused.
2. Labels are taken as they are: whose they are and how they were made is said in the manifest and
   goes into the report.
3. Pictures stay where they are; nothing of them enters the cases but numbers.
4. A picture that cannot be measured is an error with its name, never left out silently.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.errors import MalformedInput
from domain.ledger import canonical
from domain.ledger.canonical import JsonValue
from domain.values.content import Digest
from domain.values.study import Factor
from validation.studies.observations import Cases, Quantity
from validation.studies.pictures import typology_angle_deg

FORMAT: Final = "vultus/labelled-pictures/v1"
OUTPUTS: Final[Mapping[str, Callable[[bytes], float]]] = {"ita": typology_angle_deg}
"""What can be measured on one picture, by the output's word."""

_MANIFEST: Final = {"format", "output", "source", "labelled_by", "pictures"}
_PICTURE: Final = {"file", "digest", "case", "factors", "label"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSet:
    """A data set as it was measured.

    Attributes:
        output: What was labelled and measured.
        source: Where pictures and labels come from.
        labelled_by: Who labelled, by qualification and number, not by name.
        cases: Measurements beside labels.
    """

    output: str
    source: str
    labelled_by: str
    cases: Cases


def measure_labelled(manifest: Path, say: Callable[[str], None]) -> LabelledSet:
    """Measure every picture of a data set.

    Args:
        manifest: JSON; files are named relative to its folder.
        say: Told of every picture.

    Raises:
        MalformedInput: the manifest is not readable, a picture is missing, is another one, or
            cannot be measured.
    """
    plain = _object(canonical.parse(_read(manifest)), _MANIFEST, "the manifest")
    output, pictures = plain["output"], plain["pictures"]
    if plain["format"] != FORMAT or not isinstance(pictures, list):
        raise MalformedInput(f"study.manifest: the manifest is not {FORMAT}")
    measure = OUTPUTS.get(str(output))
    if measure is None:
        raise MalformedInput(f"study.output: one of {', '.join(OUTPUTS)} can be measured")
    cases = []
    for number, each in enumerate(pictures):
        picture = _object(each, _PICTURE, f"picture {number}")
        say(str(picture["case"]))
        cases.append(_case(picture, manifest.parent, measure))
    return LabelledSet(
        output=str(output),
        source=str(plain["source"]),
        labelled_by=str(plain["labelled_by"]),
        cases=Cases(cases=tuple(cases)),
    )


def _case(
    picture: Mapping[str, JsonValue], folder: Path, measure: Callable[[bytes], float]
) -> Quantity:
    case, label, factors = str(picture["case"]), picture["label"], picture["factors"]
    content = _read(folder / str(picture["file"]))
    if Digest.of(content) != picture["digest"]:
        raise MalformedInput(f"study.digest: {case}: the file is not the picture that was labelled")
    if isinstance(label, bool) or not isinstance(label, int | float):
        raise MalformedInput(f"study.label: {case}: the label is no number")
    if not isinstance(factors, dict) or not factors.keys() <= set(Factor):
        raise MalformedInput(f"study.factors: {case}: factors are {', '.join(Factor)}")
    try:
        value = measure(content)
    except MalformedInput as error:
        raise MalformedInput(f"study.picture: {case}: {error}") from error
    return Quantity(
        case=case,
        factors={Factor(name): str(level) for name, level in factors.items()},
        repeats=(value,),
        reference=float(label),
    )


def _object(plain: JsonValue, names: set[str], where: str) -> Mapping[str, JsonValue]:
    if not isinstance(plain, dict) or plain.keys() != names:
        raise MalformedInput(f"study.manifest: {where} has the fields {', '.join(sorted(names))}")
    return plain


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MalformedInput(f"study.file: {path.name} cannot be read: {error.strerror}") from error
