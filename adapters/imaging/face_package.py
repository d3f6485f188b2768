"""The published face networks, as the launcher fetched them: found, checked by digest, taken apart.

Rules kept here:

1. Nothing of the package is part of this product's sources.  The launcher installs it beside the
   environment from ``requirements/face-mesh/package-lock.json``; here it is only read.
2. Whole and parts are used only under the digests that stand here.
3. A package that is absent is said to be, with what to do; nothing takes its place.

Source: npm package ``@mediapipe/face_mesh`` 0.4.1657299874, Apache License 2.0 (its
``package.json`` and README; the same networks stand under the same licence in the PyPI wheel
``mediapipe`` 0.10.21).  Places of the parts: ``face_mesh_solution_packed_assets_loader.js``.
"""

import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from domain.errors import DigestMismatch, Unavailable

PACKAGE: Final = "@mediapipe/face_mesh==0.4.1657299874"
LICENCE: Final = "Apache-2.0"
ASSET: Final = "face_mesh_solution_packed_assets.data"

_ASSET_DIGEST: Final = "dbe5905c582c0462cdaea17e7e6ecea92edaa8cccc515c5e2e7291f2cbb5fb99"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file inside the packed asset.

    Attributes:
        name: What it is.
        start: Its first byte.
        end: After its last byte.
        digest: SHA-256 of its bytes, hexadecimal.
    """

    name: str
    start: int
    end: int
    digest: str


MESH: Final = Part(
    name="face mesh of 468 points",
    start=2_495_952,
    end=3_737_848,
    digest="c603fa6149219a3e9487dc9abd7a0c24474c77263273d24868378cdf40aa26d1",
)
GEOMETRY: Final = Part(
    name="canonical face",
    start=3_737_848,
    end=3_757_224,
    digest="bdbcda96dfcb7da883da124aaa2c55dee49770d934f0fcc71747f8c21bdc75b4",
)
DETECTOR: Final = Part(
    name="short-range face detector",
    start=3_757_224,
    end=3_986_256,
    digest="3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
)


def installed_asset() -> Path:
    """Return where the launcher puts the package's packed asset."""
    return Path(sys.prefix) / "face-mesh" / ASSET


def read_part(part: Part, asset: Path | None = None) -> bytes:
    """Return the bytes of one part.

    Args:
        part: Which one.
        asset: The packed asset; the installed one when none is named.

    Raises:
        Unavailable: the package is not installed.
        DigestMismatch: the asset or the part is not the published one.
    """
    path = asset or installed_asset()
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise Unavailable(
            "face.package: the face networks are not installed. Start ./vultus once while "
            "the machine reaches its package registry; it fetches them"
        ) from error
    check_asset(content)
    piece = content[part.start : part.end]
    if sha256(piece).hexdigest() != part.digest:
        raise DigestMismatch(f"face.package: the {part.name} is not the published one")
    return piece


def check_asset(content: bytes) -> None:
    """Refuse bytes that are not the published asset.

    Raises:
        DigestMismatch: they are not.
    """
    if sha256(content).hexdigest() != _ASSET_DIGEST:
        raise DigestMismatch(
            "face.package: the installed face networks are not the published ones. "
            "Remove .venv and start ./vultus again"
        )
