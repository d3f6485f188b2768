"""Two findings beside each other: what may be compared, and from what on a change is told."""

import pytest

from adapters.reported.comparison import compared_quantity
from domain.values.finding import Finding
from domain.values.identifiers import FindingId


def found(value: float | None, uncertainty: float | None, unit: str = "mm") -> Finding:
    """Return a length that was found."""
    return Finding(
        finding=FindingId.derived("run", "wrinkle-length"),
        category="skin texture",
        code="wrinkle-length",
        label="Wrinkles, length",
        value=value,
        unit=unit,
        uncertainty=uncertainty,
        coverage_factor=None if uncertainty is None else 1.96,
        text=None,
        confidence=0.5,
        quality_flags=(),
        limitations=("simulated faces",),
        needs_confirmation=False,
    )


@pytest.mark.verifies("DRV-15", "DRV-17")
def test_a_change_is_told_from_the_uncertainty_of_both_on() -> None:
    made = compared_quantity("Front", found(31.0, 3.0), found(38.0, 4.0))
    assert made is not None
    assert (made.label, made.earlier, made.now) == ("Wrinkles, length, front", 31.0, 38.0)
    assert made.detectable_change == pytest.approx(5.0)


@pytest.mark.verifies("DRV-17")
@pytest.mark.parametrize(
    ("then", "now"),
    [((0.0, 0.0), (0.0, 0.0)), ((1.0, None), (1.0, 0.5)), ((1.0, 0.5), (1.0, None))],
)
def test_numbers_that_do_not_say_how_sure_they_are_are_not_compared(
    then: tuple[float | None, float | None], now: tuple[float | None, float | None]
) -> None:
    assert compared_quantity("Front", found(*then), found(*now)) is None


def test_numbers_of_two_units_are_not_compared() -> None:
    assert compared_quantity("Front", found(3.0, 0.3), found(3000.0, 300.0, "µm")) is None


@pytest.mark.verifies("DRV-17")
@pytest.mark.parametrize(("now", "detected"), [(36.0, True), (26.0, True), (35.9, False)])
def test_a_change_is_detected_from_the_smallest_on(now: float, *, detected: bool) -> None:
    made = compared_quantity("Front", found(31.0, 3.0), found(now, 4.0))
    assert made is not None
    assert made.detected is detected
