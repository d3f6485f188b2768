"""Words that people owe the record: reasons, grounds, conclusions.

Rules kept here:

1. Where the record needs words, white space is none.
"""

from domain.errors import RuleViolation


def said(text: str, *, rule: str, what: str) -> str:
    """Return the text if it says anything.

    Args:
        text: The words.
        rule: The permanent short name of the rule that needs them.
        what: What they are, such as ``reason``.

    Raises:
        RuleViolation: the text is empty or only white space.
    """
    if not text.strip():
        raise RuleViolation(rule, f"no {what} was given", f"Give the {what} in words.")
    return text
