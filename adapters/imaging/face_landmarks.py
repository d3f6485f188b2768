"""Named anatomical landmarks on the face mesh.

Rules kept here:

1. A name is anatomy's own, with the subject's side; a landmark is the mean of the mesh's points
   that lie there.
2. The network was taught where a face looks that way, not by palpation: a landmark's place carries
   an offset of its own, up to about 3 mm, which the same face keeps from picture to picture.

Source: Farkas (1994), Anthropometry of the Head and Face (names and places).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.imaging.face_mesh import FaceMesh

LANDMARKS: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "glabella": (9,),
        "sellion": (168,),
        "pronasale": (4,),
        "subnasale": (2,),
        "labiale superius": (0,),
        "stomion": (13, 14),
        "labiale inferius": (17,),
        "sublabiale": (18,),
        "pogonion": (199,),
        "menton": (152,),
        "endocanthion left": (362,),
        "endocanthion right": (133,),
        "exocanthion left": (263,),
        "exocanthion right": (33,),
        "palpebrale superius left": (386,),
        "palpebrale superius right": (159,),
        "palpebrale inferius left": (374,),
        "palpebrale inferius right": (145,),
        "alare left": (294,),
        "alare right": (64,),
        "cheilion left": (291,),
        "cheilion right": (61,),
    }
)


def landmarks_px(mesh: FaceMesh) -> Mapping[str, NDArray[np.float64]]:
    """Return every landmark by name: (2,) float64, column and row in pixels of the picture."""
    return {
        name: np.asarray(mesh.points_px[list(places), :2].mean(axis=0), dtype=np.float64)
        for name, places in LANDMARKS.items()
    }
