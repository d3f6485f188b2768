"""What the skin-colour model gives out, as plain numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.inference.skin_colour_graph import QUANTITIES
from adapters.inference.tensors import Tensor
from domain.errors import MalformedInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Statistics of some of the skin as plain numbers.

    Attributes:
        mean: Each quantity's mean, by name.
        sd: Each quantity's spread over the pixels.
        tile_sd: Each quantity's spread between tiles.
        tile_count: Tiles with enough skin.
        pixel_count: Pixels.
    """

    mean: Mapping[str, float]
    sd: Mapping[str, float]
    tile_sd: Mapping[str, float]
    tile_count: int
    pixel_count: int

    @classmethod
    def read(cls, outputs: Mapping[str, Tensor], of: str = "") -> "Statistics":
        """Read the statistics whose names begin with ``of``.

        Raises:
            MalformedInput: an output is missing, or no pixel was measured.
        """
        try:
            pixel_count, tile_count = (
                int(outputs[f"{of}{name}"].item()) for name in ("pixel_count", "tile_count")
            )
            mean, sd, tile_sd = (
                dict(zip(QUANTITIES, map(float, outputs[f"{of}{name}"].tolist()), strict=True))
                for name in ("mean", "sd", "tile_sd")
            )
        except (KeyError, ValueError) as error:
            raise MalformedInput("these are not the outputs of the skin-colour model") from error
        if pixel_count < 1:
            raise MalformedInput("no skin pixel was measured; there is nothing to report")
        return cls(
            mean=mean, sd=sd, tile_sd=tile_sd, tile_count=tile_count, pixel_count=pixel_count
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SkinColourOutputs:
    """What the model gives out, as plain numbers.

    Attributes:
        skin: Of all skin.
        lit: Of well-lit skin; none from release 1.0.0.
        tile_delta_e_mean: Mean ΔE*ab of tiles of all skin from the mean colour.
    """

    skin: Statistics
    lit: Statistics | None
    tile_delta_e_mean: float

    @property
    def tone(self) -> Statistics:
        """What tone is told from."""
        return self.skin if self.lit is None else self.lit

    @classmethod
    def read(cls, outputs: Mapping[str, Tensor]) -> "SkinColourOutputs":
        """Read the model's outputs.

        Raises:
            MalformedInput: an output is missing, or no skin pixel was measured.
        """
        skin = Statistics.read(outputs)
        lit = Statistics.read(outputs, "lit_") if "lit_mean" in outputs else None
        try:
            tile_delta_e_mean = float(outputs["tile_delta_e_mean"].item())
        except (KeyError, ValueError) as error:
            raise MalformedInput("these are not the outputs of the skin-colour model") from error
        return cls(skin=skin, lit=lit, tile_delta_e_mean=tile_delta_e_mean)
