"""Model releases: the signed manifest a model must carry, and the inputs it may be given.

Rules kept here:

1. A manifest is canonical plain JSON; the signature covers those very bytes under a heading of
   their own, so that it can be taken for nothing else.
2. A model without a manifest that verifies is not a release, and is not run [DRV-18].
3. Inputs outside the released domain are refused or flagged by rules that stand in the manifest
   [DRV-22]; the rules take facts and return a verdict, and change nothing.
4. A learned model states its slot besides (``slot.py``); its subgroups are those acceptance
   results, said once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias, cast

from adapters.inference.slot import Slot
from adapters.inference.slot_document import read_slot, slot_document
from domain.errors import MalformedInput, Refusal, SignatureInvalid
from domain.ledger import canonical
from domain.values.content import Digest

SIGNED_HEADING: Final = b"vultus/model-release/v1\n"
FORMAT: Final = "vultus/model-release/v1"
SLOT_FORMAT: Final = "vultus/model-release/v2"
_SLOT: Final = "slot"
_WHOLE_NUMBERS: Final = frozenset({"skin_pixels_min", "samples"})

SignatureCheck: TypeAlias = Callable[[bytes, bytes], None]
"""Takes message and signature; raises ``SignatureInvalid`` when they do not belong together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputDescription:
    """One output of a model: its permanent word, what it is, and its unit."""

    name: str
    meaning: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgroupResult:
    """Acceptance result of one skin tone class.

    Attributes:
        subgroup: Name of the class.
        samples: How many inputs were judged.
        result: What was found, in words and numbers.
    """

    subgroup: str
    samples: int
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InputDomain:
    """Which inputs a model may be run on.

    Attributes:
        description: The domain in words.
        skin_pixels_min: Fewest skin pixels; fewer are refused.
        skin_fraction_min: Smallest part of the image that is skin, 0..1; less is flagged.
        clipped_fraction_max: Largest part of skin pixels out of range, 0..1; more is refused.
        colour_residual_max_delta_e: Largest mean residual of the colour chart; more is flagged.
    """

    description: str
    skin_pixels_min: int
    skin_fraction_min: Decimal
    clipped_fraction_max: Decimal
    colour_residual_max_delta_e: Decimal

    def __post_init__(self) -> None:
        """Refuse limits outside their range."""
        fractions = (self.skin_fraction_min, self.clipped_fraction_max)
        if self.skin_pixels_min < 1 or not all(0 < each <= 1 for each in fractions):
            raise MalformedInput("a domain needs at least 1 pixel and fractions above 0, up to 1")
        if self.colour_residual_max_delta_e <= 0:
            raise MalformedInput("a colour residual limit is above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRelease:
    """What must be known of a model before it may be used.

    Attributes:
        name: Such as ``skin-colour``.
        version: Semantic version.
        model: Digest of the model's bytes.
        intended_use: What its outputs are for.
        input_domain: Which inputs it may be run on.
        outputs: Its outputs, with units.
        limitations: What its outputs cannot say.
        contraindications: When it must not be used.
        training_data: Summary of training data, or why there is none.
        licence: Licence of the model.
        validation: Summary of the acceptance results.
        subgroups: Acceptance results by skin tone class.
        slot: How a learned model is run; none for models that have steps of their own.
    """

    name: str
    version: str
    model: Digest
    intended_use: str
    input_domain: InputDomain
    outputs: tuple[OutputDescription, ...]
    limitations: tuple[str, ...]
    contraindications: tuple[str, ...]
    training_data: str
    licence: str
    validation: str
    subgroups: tuple[SubgroupResult, ...]
    slot: Slot | None = None

    def __post_init__(self) -> None:
        """Refuse a release that leaves a reader without something to judge by."""
        words = (self.name, self.version, self.intended_use, self.training_data, self.licence)
        lists = (self.outputs, self.limitations, self.contraindications, self.subgroups)
        if not all((*words, self.validation, *lists)):
            raise MalformedInput("a model release leaves none of its parts empty")
        if self.slot is not None:
            described = [each.name for each in self.outputs]
            if described != [each.name for each in self.slot.outputs]:
                raise MalformedInput("slot.output: outputs and slot name the same, in one order")
            if self.subgroups != subgroups_of(self.slot):
                raise MalformedInput("slot.acceptance: subgroups are the slot's acceptance results")

    def manifest(self) -> bytes:
        """Return the canonical bytes that are signed and stored."""
        tested: dict[str, canonical.JsonValue] = {
            "subgroups": [
                {"subgroup": each.subgroup, "samples": each.samples, "result": each.result}
                for each in self.subgroups
            ]
        }
        if self.slot is not None:
            tested = {_SLOT: slot_document(self.slot)}
        return canonical.encode(
            {
                "format": FORMAT if self.slot is None else SLOT_FORMAT,
                "name": self.name,
                "version": self.version,
                "model": str(self.model),
                "intended_use": self.intended_use,
                "input_domain": {
                    "description": self.input_domain.description,
                    "skin_pixels_min": self.input_domain.skin_pixels_min,
                    "skin_fraction_min": str(self.input_domain.skin_fraction_min),
                    "clipped_fraction_max": str(self.input_domain.clipped_fraction_max),
                    "colour_residual_max_delta_e": str(
                        self.input_domain.colour_residual_max_delta_e
                    ),
                },
                "outputs": [
                    {"name": each.name, "meaning": each.meaning, "unit": each.unit}
                    for each in self.outputs
                ],
                "limitations": list(self.limitations),
                "contraindications": list(self.contraindications),
                "training_data": self.training_data,
                "licence": self.licence,
                "validation": self.validation,
                **tested,
            }
        )


def subgroups_of(slot: Slot) -> tuple[SubgroupResult, ...]:
    """Return a slot's acceptance results as a release lists them."""
    return tuple(
        SubgroupResult(subgroup=each.subgroup, samples=each.cases, result=each.words)
        for each in slot.acceptance
    )


def signed_message(manifest: bytes) -> bytes:
    """Return what the release key signs for a manifest."""
    return SIGNED_HEADING + manifest


def verify_release(manifest: bytes, signature: bytes, check: SignatureCheck) -> ModelRelease:
    """Check a manifest's signature, then read it.

    Args:
        manifest: The stored bytes.
        signature: Ed25519 signature over ``signed_message(manifest)``.
        check: The check with the release key, passed in.

    Raises:
        SignatureInvalid: the signature does not belong to these bytes.
        MalformedInput: the bytes are no manifest of this format.
    """
    if not signature:
        raise SignatureInvalid("a model release needs a signature")
    check(signed_message(manifest), signature)
    return parse_manifest(manifest)


def parse_manifest(manifest: bytes) -> ModelRelease:
    """Read a manifest whose signature was checked.

    Raises:
        MalformedInput: the bytes are no manifest of this format.
    """
    value = canonical.parse_canonical(manifest)
    if not isinstance(value, dict) or value.get("format") not in {FORMAT, SLOT_FORMAT}:
        raise MalformedInput(f"a model release's manifest has the format {FORMAT} or {SLOT_FORMAT}")
    _check_leaves({name: each for name, each in value.items() if name != _SLOT}, "")
    try:
        release = _release(value)
    except (ArithmeticError, KeyError, TypeError) as error:
        raise MalformedInput("a model release's manifest lacks a part, or one is unread") from error
    if release.manifest() != manifest:
        raise MalformedInput("a model release's manifest holds parts that this build does not know")
    return release


def _check_leaves(value: canonical.JsonValue, key: str) -> None:
    """Refuse anything but text, and whole numbers where the format has numbers."""
    if isinstance(value, dict):
        for name, each in value.items():
            _check_leaves(each, name)
    elif isinstance(value, list):
        for each in value:
            _check_leaves(each, key)
    elif type(value) is not (int if key in _WHOLE_NUMBERS else str):
        raise MalformedInput(f"{key}: a model release's manifest holds another kind of value")


def _release(value: dict[str, canonical.JsonValue]) -> ModelRelease:
    domain = cast("dict[str, str]", value["input_domain"])
    outputs = cast("list[dict[str, str]]", value["outputs"])
    slot = read_slot(value[_SLOT]) if value["format"] == SLOT_FORMAT else None
    text = cast("dict[str, str]", value)
    texts = cast("dict[str, list[str]]", value)
    return ModelRelease(
        name=text["name"],
        version=text["version"],
        model=Digest(text["model"]),
        intended_use=text["intended_use"],
        input_domain=InputDomain(
            description=domain["description"],
            skin_pixels_min=int(domain["skin_pixels_min"]),
            skin_fraction_min=Decimal(domain["skin_fraction_min"]),
            clipped_fraction_max=Decimal(domain["clipped_fraction_max"]),
            colour_residual_max_delta_e=Decimal(domain["colour_residual_max_delta_e"]),
        ),
        outputs=tuple(OutputDescription(**each) for each in outputs),
        limitations=tuple(texts["limitations"]),
        contraindications=tuple(texts["contraindications"]),
        training_data=text["training_data"],
        licence=text["licence"],
        validation=text["validation"],
        subgroups=_subgroups(value) if slot is None else subgroups_of(slot),
        slot=slot,
    )


def _subgroups(value: dict[str, canonical.JsonValue]) -> tuple[SubgroupResult, ...]:
    subgroups = cast("list[dict[str, str]]", value["subgroups"])
    return tuple(
        SubgroupResult(
            subgroup=each["subgroup"], samples=int(each["samples"]), result=each["result"]
        )
        for each in subgroups
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFacts:
    """What is known of one input before the model runs.

    Attributes:
        pixel_count: Pixels of the image, at least 1.
        skin_pixel_count: Pixels taken as skin.
        clipped_fraction: Part of the face's pixels out of range, 0..1.
        colour_reference_passed: Whether the colour chart passed; none when none was in view.
        colour_residual_delta_e: Mean residual of the chart's patches; none without a chart.
        makeup: Declared makeup: ``none``, ``light`` or ``full``; none when not asked.
        neutral_expression: Whether the expression was declared neutral.
    """

    pixel_count: int
    skin_pixel_count: int
    clipped_fraction: float
    colour_reference_passed: bool | None
    colour_residual_delta_e: float | None
    makeup: str | None
    neutral_expression: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainVerdict:
    """Whether a model may be run on an input, and what its outputs must then carry.

    Attributes:
        refusals: Why it may not be run; empty when it may.
        flags: Permanent words that every output must show.
    """

    refusals: tuple[Refusal, ...]
    flags: tuple[str, ...]

    @property
    def permitted(self) -> bool:
        """Whether nothing speaks against running the model."""
        return not self.refusals


def judge_input(domain: InputDomain, facts: InputFacts) -> DomainVerdict:
    """Return what the released domain says about one input [DRV-22]."""
    refusals = []
    if facts.skin_pixel_count < domain.skin_pixels_min:
        refusals.append(
            Refusal(
                rule="model.skin-pixels",
                evidence=f"{facts.skin_pixel_count} skin pixels, {domain.skin_pixels_min} needed",
                next_step="Capture again with the face larger in the picture and unobstructed.",
            )
        )
    if facts.clipped_fraction > domain.clipped_fraction_max:
        refusals.append(
            Refusal(
                rule="model.clipped",
                evidence=f"{facts.clipped_fraction:.1%} of the face is over- or underexposed, "
                f"{domain.clipped_fraction_max:.1%} is the limit",
                next_step="Correct the exposure and capture again.",
            )
        )
    return DomainVerdict(refusals=tuple(refusals), flags=_flags(domain, facts))


def _flags(domain: InputDomain, facts: InputFacts) -> tuple[str, ...]:
    residual = facts.colour_residual_delta_e
    raised = {
        "little-skin": facts.skin_pixel_count < float(domain.skin_fraction_min) * facts.pixel_count,
        "colour-reference-absent": facts.colour_reference_passed is None,
        "colour-reference-failed": facts.colour_reference_passed is False,
        "colour-residual-high": residual is not None
        and residual > domain.colour_residual_max_delta_e,
        "makeup-not-recorded": facts.makeup is None,
        "makeup-present": facts.makeup not in {None, "none"},
        "expression-not-neutral": not facts.neutral_expression,
    }
    return tuple(flag for flag, is_raised in raised.items() if is_raised)
