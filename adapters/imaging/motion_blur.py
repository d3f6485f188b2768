"""Motion blur: how far the face moved during the exposure.

Rules kept here:

1. The measure is the width that edges of one direction have beyond edges across it; defocus widens
   all directions alike and cancels.
2. Uniform motion over a length L adds L^2 / 12 to the squared width of edges across it (the
   variance of a uniform distribution), which gives the length; it is a share of the diagonal.
3. Larger is worse; the limit is an upper bound.

Known gap: a face whose edges differ by nature (soft cheeks, sharp lips) shows a small length at
rest, and a vibration that moves equally in all directions looks like defocus.

Source: Levin 2006, NIPS 19, Blind motion deblurring using image statistics (one-directional blur
shows in the derivatives along it).
"""

from adapters.imaging.edge_spread import EdgeSpread


def motion_extent_px(spread: EdgeSpread) -> float:
    """Return the length of uniform motion that would explain the directed edge width."""
    return float(12.0**0.5) * spread.directed_px


def motion_permille(spread: EdgeSpread, *, width: int, height: int) -> float:
    """Return the motion's length in thousandths of the picture's diagonal."""
    return 1000.0 * motion_extent_px(spread) / float((width**2 + height**2) ** 0.5)
