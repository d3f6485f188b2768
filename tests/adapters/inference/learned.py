"""Small models that stand for learned ones, with everything a manifest states of them."""

from dataclasses import replace
from decimal import Decimal
from functools import cache

from onnx import parser

from adapters.inference.release import (
    InputDomain,
    ModelRelease,
    OutputDescription,
    subgroups_of,
)
from adapters.inference.skin_tone import SkinToneClass
from adapters.inference.slot import (
    AcceptanceResult,
    ElementType,
    Encoding,
    InputKind,
    Layout,
    OutputKind,
    Slot,
    SlotDomain,
    SlotInput,
    SlotOutput,
)
from domain.values.content import Digest

HEAD = '<ir_version: 9, opset_import: ["" : 18]>'
OUTPUTS = ("brightness", "light_class", "light_map")


@cache
def learned_model(gain: float = 1.0, extra: str = "") -> bytes:
    """Return a model that gives a mean, a class and a map of a picture of 32 by 24 pixels."""
    return model_of(
        f"""
        learned (float[1, 3, 24, 32] picture)
            => (float[1] brightness, float[1, 2] light_class, float[1, 1, 24, 32] light_map)
        {{
          {extra}
          gain = Constant <value = float {{{gain}}}> ()
          half = Constant <value = float {{0.5}}> ()
          mean = ReduceMean <keepdims = 0> (picture)
          one = Constant <value = int64[1] {{1}}> ()
          shaped = Reshape (mean, one)
          brightness = Mul (shaped, gain)
          bright = Sub (shaped, half)
          dark = Neg (bright)
          both = Concat <axis = 0> (dark, bright)
          pair = Constant <value = int64[2] {{1, 2}}> ()
          row = Reshape (both, pair)
          light_class = Softmax <axis = 1> (row)
          light_map = ReduceMean <keepdims = 1> (picture, one)
        }}
        """
    )


def model_of(text: str) -> bytes:
    """Return ONNX bytes of a graph in the textual form of ONNX."""
    return bytes(parser.parse_model(HEAD + text).SerializeToString(deterministic=True))


def a_slot(**domain: object) -> Slot:
    """Return what the model states of itself."""
    return Slot(
        input=SlotInput(
            name="picture",
            kind=InputKind.PICTURE,
            region=None,
            encoding=Encoding.ENCODED,
            layout=Layout.CHANNELS_FIRST,
            width_px=32,
            height_px=24,
            element_type=ElementType.FLOAT32,
            mean=(Decimal(0),) * 3,
            deviation=(Decimal(1),) * 3,
        ),
        outputs=(
            SlotOutput(name="brightness", kind=OutputKind.SCALAR, uncertainty=Decimal("0.02")),
            SlotOutput(name="light_class", kind=OutputKind.CLASSES, classes=("dark", "bright")),
            SlotOutput(name="light_map", kind=OutputKind.MAP),
        ),
        domain=replace(
            SlotDomain(
                tones=tuple(SkinToneClass),
                age_min_years=18,
                age_max_years=90,
                makeup=("none", "light"),
                neutral_expression=True,
                colour_chart=False,
                source_side_min_px=64,
            ),
            **domain,  # type: ignore[arg-type]
        ),
        acceptance=tuple(
            AcceptanceResult(
                subgroup=tone.value,
                output=output,
                metric="bias",
                value=Decimal("0.01"),
                low=Decimal("-0.01"),
                high=Decimal("0.03"),
                unit="1",
                cases=40,
            )
            for tone in SkinToneClass
            for output in OUTPUTS
        ),
    )


def learned_release(
    model: bytes | None = None, slot: Slot | None = None, *, version: str = "1.0.0"
) -> ModelRelease:
    """Return the release of such a model."""
    stated = slot or a_slot()
    return ModelRelease(
        name="learned-light",
        version=version,
        model=Digest.of(learned_model() if model is None else model),
        intended_use="Clinical decision support: describes how light a picture is.",
        input_domain=InputDomain(
            description="Frontal face, sRGB, diffuse light.",
            skin_pixels_min=1024,
            skin_fraction_min=Decimal("0.05"),
            clipped_fraction_max=Decimal("0.10"),
            colour_residual_max_delta_e=Decimal("4.0"),
        ),
        outputs=(
            OutputDescription(name="brightness", meaning="Brightness", unit="1"),
            OutputDescription(name="light_class", meaning="Class of light", unit="class"),
            OutputDescription(name="light_map", meaning="Light", unit="1"),
        ),
        limitations=("Describes the picture, not the skin.",),
        contraindications=("Not for diagnosis.",),
        training_data="none: written by hand for tests",
        licence="the product's own work",
        validation="Checked by hand.",
        subgroups=subgroups_of(stated),
        slot=stated,
    )
