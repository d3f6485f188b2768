"""Regions of the face: the permanent words for where something was measured.

Rules kept here:

1. A region is a word; its outline is data of a versioned region definition, never of this word.
2. Sides are the subject's own. A region that lies across the middle has no side.
3. A word is for ever; another outline is another version of the definition.
"""

from enum import StrEnum


class FacialRegion(StrEnum):
    """One region of the face, as reports, limits and claims name it."""

    FOREHEAD = "forehead"
    GLABELLA = "glabella"
    TEMPLE_LEFT = "temple-left"
    TEMPLE_RIGHT = "temple-right"
    PERIORBITAL_LEFT = "periorbital-left"
    PERIORBITAL_RIGHT = "periorbital-right"
    CHEEK_LEFT = "cheek-left"
    CHEEK_RIGHT = "cheek-right"
    NOSE = "nose"
    NASOLABIAL_LEFT = "nasolabial-left"
    NASOLABIAL_RIGHT = "nasolabial-right"
    PERIORAL = "perioral"
    CHIN = "chin"
    JAW_LEFT = "jaw-left"
    JAW_RIGHT = "jaw-right"
