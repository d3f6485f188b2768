"""The releases that this build ships: every analysis with the model and manifest it makes itself.

Rules kept here:

1. What is shipped follows from the build alone: the same build makes the same bytes anywhere.
2. To ship is not to release: a manifest counts only once it is signed and registered in a record,
   and a second person approved it there.
"""

from dataclasses import dataclass, field
from typing import Final

from adapters.inference.analyses import ANALYSES
from adapters.inference.release import ModelRelease
from domain.errors import MalformedInput
from domain.values.content import Digest

SHIPPED: Final = tuple(ANALYSES)
"""Names of what is shipped, in the order in which runs are called for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedRelease:
    """One release as this build makes it.

    Attributes:
        release: What its manifest says.
        model: The model, as ONNX bytes.
    """

    release: ModelRelease
    model: bytes = field(repr=False)


def shipped_release(name: str) -> ShippedRelease:
    """Return what this build ships under a name.

    Raises:
        MalformedInput: it ships nothing under that name.
        Unavailable: the face networks are not in place.
    """
    analysis = ANALYSES.get(name)
    if analysis is None:
        message = f"this build ships no model named {name!r}; it ships {', '.join(SHIPPED)}"
        raise MalformedInput(message)
    model = analysis.model()
    return ShippedRelease(release=analysis.release(Digest.of(model)), model=model)
