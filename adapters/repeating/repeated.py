"""How a recorded computation compares with its repeat.

Rules kept here:

1. Identical is decided by digests and exact numbers; within tolerance only by a stated bound.
2. Whatever changed in inputs, model, settings, method or platform is named, also where results
   agree.
3. What cannot be repeated because nothing of it is kept is told as such: it is neither identical
   nor different, and nobody shall take it for repeated.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from adapters.inference.reproduction import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """One recorded computation and its repeat.

    Attributes:
        seq: The record that holds it.
        what: The kind of computation, in words.
        of: The stream it stands in.
        outcome: How they compare.
        evidence: What was compared and what changed, in words without personal data.
    """

    seq: int
    what: str
    of: str
    outcome: Outcome
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """One recorded computation of which nothing is kept to execute again.

    Attributes:
        seq: The record that holds it.
        what: Name of the fact.
        of: The stream it stands in.
        why: ``kept only its result``, as facts of earlier versions do, or ``erased``.
    """

    seq: int
    what: str
    of: str
    why: str


def said(changed: Iterable[str], found: str) -> str:
    """Return what changed and what was found, in words."""
    names = ", ".join(changed)
    return f"{f'changed: {names}' if names else 'nothing changed'}; {found}"


def outcome_of(*, identical: bool, close: bool) -> Outcome:
    """Return the outcome of a comparison."""
    if identical:
        return Outcome.BIT_IDENTICAL
    return Outcome.WITHIN_TOLERANCE if close else Outcome.DIFFERENT
