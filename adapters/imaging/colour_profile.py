"""Whether an embedded ICC profile says sRGB.

Rules kept here:

1. A profile is judged by what it does (its colorants and transfer curve), not by its name; the name
   is only quoted in the refusal, cut to printable ASCII.
2. Only matrix/transfer-curve RGB profiles can say sRGB; tables (``A2B0``) are refused.

Source: ICC.1:2022, clauses 7.2 (header), 7.3 (tag table), 9.2 (colorants), 10.6 (curveType),
10.18 (parametricCurveType).
"""

import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.colour import D50_XYZ, D65_XYZ, SRGB_TO_XYZ, adapt, srgb_to_linear
from adapters.imaging.refusal import malformed

MAXIMUM_PROFILE_BYTES: Final = 1 << 20
COLORANT_TOLERANCE: Final = 0.002
CURVE_TOLERANCE: Final = 0.005

_HEADER_BYTES: Final = 132
_SIGNATURE_AT: Final = 36
_MAXIMUM_TAGS: Final = 100
_PARAMETRIC_SIZES: Final = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}


def require_srgb(profile: bytes) -> None:
    """Refuse a profile that does anything other than sRGB.

    Raises:
        MalformedInput: the profile is damaged, or describes another colour encoding.
    """
    try:
        tags = _tags(profile)
        name = _description(tags.get(b"desc", b""))
        matches = profile[16:20] == b"RGB " and b"A2B0" not in tags and _does_srgb(tags)
    except (struct.error, KeyError, ValueError, IndexError) as damage:
        raise malformed(
            "image.colour_profile",
            f"the embedded colour profile is damaged ({len(profile)} bytes)",
            "Export the image again as sRGB",
        ) from damage
    if not matches:
        raise malformed(
            "image.colour_profile",
            f"the embedded colour profile is '{name}', not sRGB",
            "Export the image again as sRGB",
        )


def _tags(profile: bytes) -> dict[bytes, bytes]:
    """Return the tagged elements of a profile by signature."""
    if len(profile) < _HEADER_BYTES or profile[_SIGNATURE_AT : _SIGNATURE_AT + 4] != b"acsp":
        raise ValueError("not a profile")
    (count,) = struct.unpack_from(">I", profile, 128)
    if count > _MAXIMUM_TAGS:
        raise ValueError("too many tags")
    tags = {}
    for index in range(count):
        signature, offset, size = struct.unpack_from(">4sII", profile, _HEADER_BYTES + 12 * index)
        if offset + size > len(profile):
            raise ValueError("tag leaves the profile")
        tags[signature] = profile[offset : offset + size]
    return tags


def _description(element: bytes) -> str:
    """Return the profile's name as short printable ASCII, or a word for a missing one."""
    if element[:4] == b"mluc" and len(element) >= 28:  # noqa: PLR2004 - one record
        size, offset = struct.unpack_from(">II", element, 20)
        text = element[offset : offset + size].decode("utf-16-be", errors="replace")
    else:
        text = element[12:].split(b"\0", 1)[0].decode("ascii", errors="replace")
    return "".join(letter for letter in text[:60] if " " <= letter <= "~") or "unnamed"


def _does_srgb(tags: dict[bytes, bytes]) -> bool:
    """Say whether colorants and all three curves are those of sRGB."""
    colorants = np.array(
        [struct.unpack_from(">3i", tags[name], 8) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
    )
    expected = adapt(SRGB_TO_XYZ.T, source_white=D65_XYZ, target_white=D50_XYZ)
    if np.abs(colorants / 65536 - expected).max() > COLORANT_TOLERANCE:
        return False
    levels = np.linspace(0, 1, 256)
    wanted = srgb_to_linear(levels)
    return all(
        np.abs(_curve(tags[name], levels) - wanted).max() <= CURVE_TOLERANCE
        for name in (b"rTRC", b"gTRC", b"bTRC")
    )


def _curve(element: bytes, levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evaluate a transfer curve element at encoded levels 0..1."""
    if element[:4] == b"curv":
        (count,) = struct.unpack_from(">I", element, 8)
        if count == 0:
            return levels
        if count == 1:
            return np.asarray(levels ** (struct.unpack_from(">H", element, 12)[0] / 256))
        table = np.frombuffer(element, dtype=">u2", count=count, offset=12) / 65535
        return np.interp(levels, np.linspace(0, 1, count), table)
    if element[:4] != b"para":
        raise ValueError("unknown curve type")
    (kind,) = struct.unpack_from(">H", element, 8)
    values = struct.unpack_from(f">{_PARAMETRIC_SIZES[kind]}i", element, 12)
    g, a, b, c, d, e, f = [value / 65536 for value in values] + [0.0] * (7 - len(values))
    if kind == 0:
        return np.asarray(levels**g)
    power = np.maximum(a * levels + b, 0.0) ** g
    if kind in (1, 2):
        constant = c if kind == 2 else 0.0  # noqa: PLR2004 - the standard's function type
        return np.asarray(np.where(levels >= -b / a, power + constant, constant))
    return np.asarray(np.where(levels >= d, power + e, c * levels + f))
