"""How this package words a refusal: rule, evidence, next step.

Rule kept here: no message carries image content or personal data, only sizes, counts and names of
encodings, because messages reach logs.
"""

from domain.errors import MalformedInput


def malformed(rule: str, evidence: str, next_step: str) -> MalformedInput:
    """Return the error for input that is not what it claims to be; the caller raises it."""
    return MalformedInput(f"{rule}: {evidence}. {next_step}.")
