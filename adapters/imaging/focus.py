"""Focus: how wide the sharpest edges of the face are, relative to the picture.

Rules kept here:

1. The measure is the isotropic edge width, so that motion, which widens one direction only, does
   not count as defocus.
2. It is a share of the picture's diagonal: the same optics at another pixel count give the same
   number, down to the width of a pixel.
3. Larger is worse; the limit is an upper bound.
4. Where one side of the face has clearly wider edges than the other, that part is named.

Known gap: the value rests on the strongest edges, those of eyes and brows; blur of cheek or chin
alone neither changes it nor is named.
"""

from adapters.imaging.edge_spread import EdgeSpread


def focus_permille(spread: EdgeSpread, *, width: int, height: int) -> float:
    """Return the isotropic edge width in thousandths of the picture's diagonal."""
    return 1000.0 * spread.isotropic_px / float((width**2 + height**2) ** 0.5)
