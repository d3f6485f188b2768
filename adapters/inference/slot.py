"""What a learned model states of itself, so that steps written once can surround any such model.

Rules kept here:

1. Inputs are of a few declared kinds; a model that needs another is not run by this build.
2. A skin tone class without acceptance results of its own is not in the domain [DRV-18, 22].
3. Every acceptance result is a number with its unit, its interval and how many cases gave it.
4. Every output states the range its values may lie in; a value outside is not shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from adapters.inference.skin_tone import SkinToneClass
from domain.errors import MalformedInput
from domain.values.facial_region import FacialRegion

SIDE_MAX_PX: Final = 2048
CLASSES_MIN: Final = 2
CLASSES_MAX: Final = 64
RESERVED: Final = "slot_"
"""How names of what the steps here keep beside a model's tensors begin."""

_CHANNELS: Final = 3
_MAKEUP: Final = frozenset({"none", "light", "full"})


class InputKind(StrEnum):
    """What part of a capture a model is given."""

    PICTURE = "picture"
    FACE_CROP = "face-crop"
    REGION_CROP = "region-crop"


class Encoding(StrEnum):
    """How pixel values relate to light."""

    ENCODED = "srgb"
    LINEAR = "linear"


class Layout(StrEnum):
    """The order of a tensor's dimensions."""

    CHANNELS_FIRST = "nchw"
    CHANNELS_LAST = "nhwc"


class ElementType(StrEnum):
    """What a tensor's elements are."""

    FLOAT32 = "float32"
    UINT8 = "uint8"


class OutputKind(StrEnum):
    """What an output is."""

    SCALAR = "scalar"
    CLASSES = "classes"
    MAP = "map"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotInput:
    """The one tensor a model is given: a picture with red, green and blue.

    Attributes:
        name: Name of the tensor.
        kind: What part of the capture.
        region: Which region, for a region crop; none otherwise.
        encoding: ``srgb`` values or ``linear`` light.
        layout: Order of dimensions; one picture at a time.
        width_px: Columns the model takes.
        height_px: Rows the model takes.
        element_type: ``float32``: 0..1 before normalisation; ``uint8``: 0..255, sRGB, as it is.
        mean: Taken away from red, green and blue.
        deviation: What the rest is divided by, above 0.
    """

    name: str
    kind: InputKind
    region: FacialRegion | None
    encoding: Encoding
    layout: Layout
    width_px: int
    height_px: int
    element_type: ElementType
    mean: tuple[Decimal, ...]
    deviation: tuple[Decimal, ...]

    def __post_init__(self) -> None:
        """Refuse an input that the steps here cannot make."""
        if not self.name or self.name.startswith(RESERVED):
            raise MalformedInput(f"slot.input: a tensor has a name, not beginning with {RESERVED}")
        if (self.region is None) == (self.kind is InputKind.REGION_CROP):
            raise MalformedInput("slot.input: a region crop names its region, no other kind does")
        if not all(1 <= side <= SIDE_MAX_PX for side in (self.width_px, self.height_px)):
            raise MalformedInput(f"slot.input: sides are 1 to {SIDE_MAX_PX} pixels")
        if len(self.mean) != _CHANNELS or len(self.deviation) != _CHANNELS:
            raise MalformedInput("slot.input: mean and deviation hold three numbers each")
        if not all(each > 0 for each in self.deviation):
            raise MalformedInput("slot.input: deviations are above 0")
        plain = self.encoding is Encoding.ENCODED and not any(self.mean)
        if self.element_type is ElementType.UINT8 and not (
            plain and all(each == 1 for each in self.deviation)
        ):
            raise MalformedInput("slot.input: uint8 pictures are sRGB and not normalised")

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the tensor."""
        sides = (self.height_px, self.width_px)
        if self.layout is Layout.CHANNELS_FIRST:
            return (1, _CHANNELS, *sides)
        return (1, *sides, _CHANNELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotOutput:
    """One output; its meaning and unit stand beside it in the release.

    Attributes:
        name: Name of the tensor; the finding's or map's permanent word.
        kind: Scalar, class probabilities, or a map over the input.
        classes: Names of classes, in the tensor's order; empty for other kinds.
        low: Lowest value, for scalars and maps.
        high: Highest value.
        uncertainty: Expanded uncertainty (k = 2) of a scalar, in its unit; none when not known.
    """

    name: str
    kind: OutputKind
    classes: tuple[str, ...] = ()
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(1)
    uncertainty: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse an output that says too little or too much of itself."""
        classes = set(self.classes) - {""}
        named = CLASSES_MIN <= len(classes) == len(self.classes) <= CLASSES_MAX
        if not (named if self.kind is OutputKind.CLASSES else not self.classes):
            raise MalformedInput(
                f"slot.output: {self.name}: classes are {CLASSES_MIN} to {CLASSES_MAX} different "
                "names, and only class probabilities have them"
            )
        if not self.low < self.high:
            raise MalformedInput(f"slot.output: {self.name}: a range has a lower and a higher end")
        if self.uncertainty is not None and (
            self.kind is not OutputKind.SCALAR or self.uncertainty <= 0
        ):
            raise MalformedInput(
                f"slot.output: {self.name}: only a scalar has an uncertainty, and it is above 0"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotDomain:
    """Which captures a model was accepted on, beyond the limits that every release has.

    Attributes:
        tones: Skin tone classes.
        age_min_years: Youngest.
        age_max_years: Oldest.
        makeup: Which declared make-up: of ``none``, ``light``, ``full``.
        neutral_expression: Whether only neutral expressions.
        colour_chart: Whether a chart must have passed.
        source_side_min_px: Fewest pixels that the shorter side of the crop has in the capture.
    """

    tones: tuple[SkinToneClass, ...]
    age_min_years: int
    age_max_years: int
    makeup: tuple[str, ...]
    neutral_expression: bool
    colour_chart: bool
    source_side_min_px: int

    def __post_init__(self) -> None:
        """Refuse a domain that holds nobody, or words nobody declares."""
        if not self.tones or not self.makeup or not _MAKEUP.issuperset(self.makeup):
            raise MalformedInput("slot.domain: name skin tones, and make-up: none, light or full")
        if not 0 <= self.age_min_years <= self.age_max_years:
            raise MalformedInput("slot.domain: ages run from the youngest to the oldest")
        if self.source_side_min_px < 1:
            raise MalformedInput("slot.domain: a crop has at least 1 pixel")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceResult:
    """One number of the acceptance test, of one subgroup.

    Attributes:
        subgroup: A skin tone class, or another subgroup in words.
        output: Which output.
        metric: What was measured, such as ``bias`` or ``weighted kappa``.
        value: The number.
        low: Lower end of its 95 % interval.
        high: Upper end.
        unit: Its unit; ``1`` for none.
        cases: How many cases gave it.
    """

    subgroup: str
    output: str
    metric: str
    value: Decimal
    low: Decimal
    high: Decimal
    unit: str
    cases: int

    def __post_init__(self) -> None:
        """Refuse a number that says nothing."""
        if not all((self.subgroup, self.output, self.metric, self.unit)) or self.cases < 1:
            raise MalformedInput("slot.acceptance: a result names everything, of at least 1 case")
        if not self.low <= self.value <= self.high:
            raise MalformedInput("slot.acceptance: a value lies within its interval")

    @property
    def words(self) -> str:
        """The result in words and numbers."""
        unit = "" if self.unit == "1" else f" {self.unit}"
        return (
            f"{self.output}, {self.metric}: {self.value}{unit} "
            f"(95 % interval {self.low} to {self.high}{unit})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """How a learned model is run, and on whom it was accepted.

    Attributes:
        input: What it is given.
        outputs: What it gives out.
        domain: On which captures.
        acceptance: Acceptance results.
    """

    input: SlotInput
    outputs: tuple[SlotOutput, ...]
    domain: SlotDomain
    acceptance: tuple[AcceptanceResult, ...]

    def __post_init__(self) -> None:
        """Refuse outputs without acceptance results for every skin tone of the domain."""
        names = [each.name for each in self.outputs]
        if not names or len(set(names)) != len(names):
            raise MalformedInput("slot.output: name at least one output, and each once")
        judged = {(each.subgroup, each.output) for each in self.acceptance}
        missing = [
            f"{name} for {tone.value} skin"
            for name in names
            for tone in self.domain.tones
            if (tone.value, name) not in judged
        ]
        if missing:
            raise MalformedInput(
                f"slot.acceptance: no results of {', '.join(missing)}; test them, or take the "
                "skin tone out of the domain"
            )
        unknown = sorted({each.output for each in self.acceptance} - set(names))
        if unknown:
            raise MalformedInput(f"slot.acceptance: no output is named {', '.join(unknown)}")

    @property
    def by_name(self) -> Mapping[str, SlotOutput]:
        """The outputs by name."""
        return MappingProxyType({each.name: each for each in self.outputs})
