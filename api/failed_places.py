"""Where on the face or the colour reference a measurement is worst, in words for operators.

Rule kept here: station and screen say the same, from what is recorded.
"""

from adapters.imaging.failed_place import place_words
from domain.values.quality import Region
from projections.rows import Row


def failed_places(measurements: list[Row]) -> dict[str, str]:
    """Return the sentence about the place of each measurement of an attempt, by word."""
    regions = {
        each["name"]: None if each["region"] is None else Region(**each["region"])
        for each in measurements
    }
    return {name: place_words(name, regions) for name in regions}
