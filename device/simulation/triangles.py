"""The triangles of a gridded surface.

Rule kept here: each cell is cut once, from upper right to lower left; triangles face outwards when
columns run to the right and rows run down as seen from outside.
"""

import numpy as np
from numpy.typing import NDArray


def triangles(rows: int, columns: int) -> NDArray[np.int32]:
    """Return the (n, 3) int32 vertex numbers of a grid's triangles."""
    index = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[:-1, 1:], index[1:, 1:]
    upper = np.stack([a, b, c], axis=-1).reshape(-1, 3)
    lower = np.stack([b, d, c], axis=-1).reshape(-1, 3)
    return np.concatenate([upper, lower])
