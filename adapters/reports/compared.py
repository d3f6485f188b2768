"""What the page template is given about two sessions side by side.

Rule kept here: numbers are written in ``wording.py``; nothing is decided here.
"""

from adapters.reports import wording
from adapters.reports.results import ComparedPair, ComparedQuantity, Comparison
from domain.ledger.canonical import JsonValue


def comparison(compared: Comparison) -> dict[str, JsonValue]:
    """Return the comparison with an earlier session."""
    return {
        "earlier": wording.date(compared.earlier),
        "days": str(compared.days_between),
        "differ": list(compared.conditions_differ),
        "rows": [
            {
                "label": each.label,
                "earlier": f"{wording.number(each.earlier, each.detectable_change)} {each.unit}",
                "now": f"{wording.number(each.now, each.detectable_change)} {each.unit}",
                "change": wording.change(each),
                "detectable": _detectable(each),
            }
            for each in compared.quantities
        ],
    }


def pair(compared: ComparedPair) -> dict[str, JsonValue]:
    """Return whether two captures compare, with everything looked at."""
    return {
        "title": f"{compared.what}, {compared.view.lower()}",
        "taken": f"{wording.date(compared.earlier)} and {wording.date(compared.now)}",
        "comparable": compared.comparable,
        "rows": [
            [
                each.what.capitalize(),
                each.earlier,
                each.now,
                each.limit,
                "yes" if each.alike else "no",
            ]
            for each in compared.conditions
        ],
    }


def _detectable(quantity: ComparedQuantity) -> str:
    change = quantity.detectable_change
    return f"{wording.number(change, change)} {quantity.unit}"
