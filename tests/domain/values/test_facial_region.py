"""Regions of the face are permanent words."""

from domain.values.facial_region import FacialRegion

WORDS = (
    "forehead glabella temple-left temple-right periorbital-left periorbital-right cheek-left "
    "cheek-right nose nasolabial-left nasolabial-right perioral chin jaw-left jaw-right"
)


def test_no_region_is_ever_renamed_or_taken_away() -> None:
    assert [region.value for region in FacialRegion] == WORDS.split()


def test_every_side_has_its_other_side() -> None:
    left = {word.removesuffix("-left") for word in WORDS.split() if word.endswith("-left")}
    right = {word.removesuffix("-right") for word in WORDS.split() if word.endswith("-right")}
    assert left == right
