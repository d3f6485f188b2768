"""The manifest of a practitioner-labelled data set: which pictures, and what was said of them.

Rules kept here:

1. The manifest names every file by digest; another file under its name is refused.
2. Labels are taken as they are: whose they are and how they were made is said in the manifest.
3. Pictures of one case are repeats: the same person under the same conditions, with one label.
4. Every error names the case it stands in and what to do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from adapters.studies.observations import Origin
from domain.errors import MalformedInput
from domain.ledger import canonical
from domain.ledger.canonical import JsonValue
from domain.values.content import Digest
from domain.values.study import Factor

FIRST_FORMAT: Final = "vultus/labelled-pictures/v1"
"""Numbers only, one picture for each case."""

FORMAT: Final = "vultus/labelled-pictures/v2"
_FIRST_FIELDS: Final = {"format", "output", "source", "labelled_by", "pictures"}
_PICTURE: Final = {"file", "digest", "case", "factors", "label"}


class Labels(StrEnum):
    """What a practitioner said of each case."""

    NUMBER = "number"
    CLASS = "class"
    MASK = "mask"
    YES_NO = "yes-no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A file of the data set, as the manifest names it.

    Attributes:
        path: Where it lies.
        digest: What it was when it was labelled.
    """

    path: Path
    digest: Digest

    def read(self, case: str) -> bytes:
        """Return its bytes.

        Raises:
            MalformedInput: it is missing, or another file than was labelled.
        """
        content = read_file(self.path, case)
        if Digest.of(content) != self.digest:
            raise MalformedInput(
                f"study.digest: {case}: {self.path.name} is not the file that was labelled; put "
                "that file back, or label this one and write its digest"
            )
        return content


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One case of the data set.

    Attributes:
        case: Pseudonym.
        factors: The level of each factor.
        pictures: One, or repeats of the same moment.
        label: As it stands in the manifest.
    """

    case: str
    factors: Mapping[Factor, str]
    pictures: tuple[Named, ...]
    label: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A labelled data set before it is measured.

    Attributes:
        output: What was labelled and is to be measured.
        labels: What kind of label every case has.
        origin: Where pictures and labels come from, and the manifest's own digest.
        folder: Files are named relative to it.
        cases: In the order of their first pictures.
    """

    output: str
    labels: Labels
    origin: Origin
    folder: Path
    cases: tuple[Labelled, ...]

    def named(self, plain: JsonValue, case: str) -> Named:
        """Read a file's name and digest, such as that of a mask.

        Raises:
            MalformedInput: it is no such pair.
        """
        given = _object(plain, {"file", "digest"}, f"{case}: a file")
        return _named(given, self.folder, case)


def read_manifest(path: Path) -> Manifest:
    """Read a manifest; no picture is opened.

    Raises:
        MalformedInput: it cannot be read, or is no manifest.
    """
    content = read_file(path, "the manifest")
    parsed = canonical.parse(content)
    first = isinstance(parsed, dict) and parsed.get("format") == FIRST_FORMAT
    plain = _object(parsed, _FIRST_FIELDS if first else _FIRST_FIELDS | {"labels"}, "the manifest")
    pictures = plain["pictures"]
    if (not first and plain["format"] != FORMAT) or not isinstance(pictures, list) or not pictures:
        raise MalformedInput(f"study.manifest: the manifest is not {FORMAT} with its pictures")
    labels = str(Labels.NUMBER if first else plain["labels"])
    if labels not in set(Labels):
        raise MalformedInput(f"study.labels: {labels} are none of {', '.join(Labels)}")
    read = [_labelled(each, path.parent, f"picture {n}") for n, each in enumerate(pictures)]
    return Manifest(
        output=_word(plain["output"], "the manifest's output"),
        labels=Labels(labels),
        origin=Origin(
            source=_word(plain["source"], "the manifest's source"),
            labelled_by=_word(plain["labelled_by"], "the manifest's labelled_by"),
            manifest=Digest.of(content),
        ),
        folder=path.parent,
        cases=tuple(read) if first else _repeated(read, Labels(labels)),
    )


def read_file(path: Path, where: str) -> bytes:
    """Return a file's bytes.

    Raises:
        MalformedInput: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise MalformedInput(
            f"study.file: {where}: {path.name} cannot be read: {error.strerror}"
        ) from error


def _labelled(plain: JsonValue, folder: Path, where: str) -> Labelled:
    given = _object(plain, _PICTURE, where)
    case, factors = _word(given["case"], f"the case of {where}"), given["factors"]
    if not isinstance(factors, dict) or not factors.keys() <= set(Factor):
        raise MalformedInput(f"study.factors: {case}: factors are {', '.join(Factor)}")
    return Labelled(
        case=case,
        factors={Factor(name): _word(level, f"{case}: {name}") for name, level in factors.items()},
        pictures=(_named(given, folder, case),),
        label=given["label"],
    )


def _repeated(read: list[Labelled], labels: Labels) -> tuple[Labelled, ...]:
    """Return pictures of one case as its repeats."""
    found: dict[str, Labelled] = {}
    for each in read:
        known = found.get(each.case)
        if known is None:
            found[each.case] = each
            continue
        if labels is not Labels.NUMBER:
            raise MalformedInput(
                f"study.repeats: {each.case} stands there twice; only numbers are repeated, so "
                "give the other picture a case of its own"
            )
        if (each.factors, each.label) != (known.factors, known.label):
            raise MalformedInput(
                f"study.repeats: {each.case}: repeats have the same factors and the same label"
            )
        if each.pictures[0].digest in {picture.digest for picture in known.pictures}:
            raise MalformedInput(f"study.repeats: {each.case}: the same picture twice is no repeat")
        found[each.case] = Labelled(
            case=each.case,
            factors=each.factors,
            pictures=known.pictures + each.pictures,
            label=each.label,
        )
    return tuple(found.values())


def _named(given: Mapping[str, JsonValue], folder: Path, case: str) -> Named:
    return Named(
        path=folder / _word(given["file"], f"{case}: the file's name"),
        digest=Digest(_word(given["digest"], f"{case}: the file's digest")),
    )


def _word(plain: JsonValue, where: str) -> str:
    if not isinstance(plain, str) or not plain.strip():
        raise MalformedInput(f"study.manifest: {where} is a word")
    return plain


def _object(plain: JsonValue, names: set[str], where: str) -> Mapping[str, JsonValue]:
    if not isinstance(plain, dict) or plain.keys() != names:
        raise MalformedInput(f"study.manifest: {where} has the fields {', '.join(sorted(names))}")
    return plain
