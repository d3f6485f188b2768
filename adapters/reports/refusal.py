"""Refusing what a report may not be made of."""

from domain.errors import MalformedInput


def require(holds: bool, rule: str) -> None:  # noqa: FBT001  reads as a sentence
    """Refuse when the rule does not hold.

    Raises:
        MalformedInput: it does not; the text is the rule.
    """
    if not holds:
        raise MalformedInput(rule)


def require_text(*texts: str) -> None:
    """Refuse texts that show nothing.

    Raises:
        MalformedInput: one of them does.
    """
    require(all(each.strip() for each in texts), "a text of the report is empty")
