"""How numbers, times and verdicts are written on a report.

Rules kept here:

1. An uncertainty is written with two significant digits, and its value to the same place
   (JCGM 100:2008, 7.2.6); a number without one, with three significant digits.
2. A time is the clinic's wall clock with its offset from UTC.
3. Words describe; a change below what can be detected is never called one.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from adapters.reports.identity import Moment
from adapters.reports.results import ComparedQuantity, Reading, ReportFinding, Verdict

MINUS: Final = "\u2212"
_UNCERTAINTY_DIGITS: Final = 2
_VALUE_DIGITS: Final = 3
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def number(value: float, uncertainty: float | None = None) -> str:
    """Write a number to the place its uncertainty, or three significant digits, allow."""
    if uncertainty:
        return _to_place(value, _place(uncertainty, _UNCERTAINTY_DIGITS))
    return _to_place(value, min(0, _place(value, _VALUE_DIGITS)) if value else 0)


def expanded(uncertainty: float | None, coverage_factor: float | None) -> str:
    """Write an expanded uncertainty with its coverage factor; nothing where there is none."""
    if uncertainty is None or coverage_factor is None:
        return ""
    return f"± {number(uncertainty, uncertainty)} (k = {coverage_factor:g})"


def reading(finding: Reading, uncertainty: float | None = None) -> str:
    """Write a reading: number and unit, words, or both."""
    parts = []
    if finding.value is not None:
        gap = "" if finding.unit in {"°", "%"} else " "
        parts.append(f"{number(finding.value, uncertainty)}{gap}{finding.unit}")
    if finding.text:
        parts.append(finding.text)
    return ", ".join(parts)


def percentage(fraction: float) -> str:
    """Write a fraction of 0 to 1 as a whole percentage."""
    return f"{round(fraction * 100)} %"


def moment(at: Moment) -> str:
    """Write a time: ``3 March 2026, 20:14:00 UTC+11:00``."""
    local = at.local.moment
    sign = MINUS if at.utc_offset_min < 0 else "+"
    hours, minutes = divmod(abs(at.utc_offset_min), 60)
    return f"{date(at)}, {local:%H:%M:%S} UTC{sign}{hours:02d}:{minutes:02d}"


def date(at: Moment) -> str:
    """Write a date: ``3 March 2026``."""
    local = at.local.moment
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def label(finding: ReportFinding) -> str:
    """Write a finding's label; a suggestion says whether a practitioner stands behind it."""
    if not finding.needs_confirmation:
        return finding.label
    state = {
        Verdict.ACCEPTED: "confirmed by the practitioner",
        Verdict.AMENDED: "set by the practitioner",
        Verdict.REJECTED: "suggestion not confirmed",
        Verdict.PENDING: "suggestion, not confirmed",
    }[finding.verdict]
    return f"{finding.label} ({state})"


def verdict(finding: ReportFinding) -> str:
    """Write the practitioner's verdict with its reason and what stood there before."""
    before = "" if finding.original is None else f" from {reading(finding.original)}"
    reason = f": {finding.reason}" if finding.reason else ""
    return f"{finding.verdict.value.capitalize()}{before}{reason}"


def change(quantity: ComparedQuantity) -> str:
    """Write a change with its unit, or that this system could not have seen one."""
    if not quantity.detected:
        return "No change that this system can detect"
    sign = "+" if quantity.change > 0 else ""
    return f"{sign}{number(quantity.change, quantity.detectable_change)} {quantity.unit}"


def _place(value: float, digits: int) -> int:
    """Return the decimal exponent of the last of so many significant digits."""
    exact = Decimal(repr(abs(value)))
    place = exact.adjusted() - digits + 1
    # Rounding 9.96 to two digits gives 10, whose second digit is one place further left.
    rounded = exact.quantize(Decimal(1).scaleb(place), rounding=ROUND_HALF_EVEN)
    return rounded.adjusted() - digits + 1


def _to_place(value: float, place: int) -> str:
    exact = Decimal(repr(value))
    rounded = exact.quantize(Decimal(1).scaleb(place), rounding=ROUND_HALF_EVEN)
    text = f"{abs(rounded):f}"
    return f"{MINUS}{text}" if rounded < 0 else text
