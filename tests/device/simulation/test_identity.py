"""Who is simulated, and what changes may be stated."""

import pytest

from device.simulation.identity import Identity, SessionChange
from domain.errors import MalformedInput


def test_a_seed_is_a_person() -> None:
    assert Identity.from_seed(5) == Identity.from_seed(5)
    assert Identity.from_seed(5) != Identity.from_seed(6)


@pytest.mark.parametrize(
    "change",
    [
        {"cheek_volume_cm3": 5.1},
        {"cheek_volume_cm3": float("nan")},
        {"spots_faded": 1.2},
        {"redness_faded": -0.1},
    ],
)
def test_changes_outside_the_simulation_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(MalformedInput):
        SessionChange(**change)  # type: ignore[arg-type]
