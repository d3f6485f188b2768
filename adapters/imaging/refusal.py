"""How this package words a refusal: rule, evidence, next step.

Rule kept here: no message carries image content or personal data, only sizes, counts and names of
encodings, because messages reach logs.
"""

from domain.errors import MalformedInput


class Ruled(MalformedInput):
    """Input that a named rule refuses.

    Attributes:
        rule: The permanent short name of the rule.
        evidence: What was found.
        next_step: What to do.
    """

    def __init__(self, rule: str, evidence: str, next_step: str) -> None:
        """Say all three."""
        super().__init__(f"{rule}: {evidence}. {next_step}.")
        self.rule = rule
        self.evidence = evidence
        self.next_step = next_step


def malformed(rule: str, evidence: str, next_step: str) -> Ruled:
    """Return the error for input that is not what it claims to be; the caller raises it."""
    return Ruled(rule, evidence, next_step)
