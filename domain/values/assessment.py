"""What an assessment shows beside findings: outputs that were withheld, and why.

Rules kept here:

1. A withheld output is shown with its rule, its evidence and what would allow it.
"""

from dataclasses import dataclass

from domain.values.identifiers import AttemptId


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """One output that a rule forbade.

    Attributes:
        attempt: The attempt it would have come from.
        output: Permanent word, such as ``volume-change``.
        rule: The rule.
        evidence: What was found.
        next_step: What would allow it.
    """

    attempt: AttemptId
    output: str
    rule: str
    evidence: str
    next_step: str
