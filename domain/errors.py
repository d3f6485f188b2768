"""What the system refuses, as exceptions sorted by what must be done about it.

Rules kept here:

1. One base. The branches answer "what now?", not "where did it happen?".
2. The domain does not know HTTP; ``api/problems.py`` maps each branch to a response.
3. A refusal names the rule, the evidence and the next step, so that whoever meets it can act.
4. No message carries personal data: messages reach logs.
"""

from dataclasses import dataclass


class RecordsError(Exception):
    """Anything this system refuses or cannot do."""


class RuleViolation(RecordsError):
    """A rule said no; asking again without changing something will be refused again.

    Attributes:
        rule: The permanent short name of the rule, such as ``capture.consent``.
        evidence: What was found.
        next_step: What the person or program asking can do about it.
    """

    def __init__(self, rule: str, evidence: str, next_step: str) -> None:
        """Say which rule refused, on what evidence, and what to do next."""
        super().__init__(f"{rule}: {evidence}. {next_step}")
        self.rule = rule
        self.evidence = evidence
        self.next_step = next_step


class ContentErased(RuleViolation):
    """The record is intact, but its content was erased with its subject's key."""

    def __init__(self, stream: str) -> None:
        """Name the stream whose content can no longer be read."""
        super().__init__(
            "erasure.content",
            f"the content of {stream} was erased",
            "Nothing can be decided on it; its place in the record can still be proven.",
        )


class NotPermitted(RecordsError):
    """The caller is known and may not do this."""


class NotSignedIn(NotPermitted):
    """The caller is not known: no session, or a signature that does not match."""


class NotFound(RecordsError):
    """There is nothing under this identifier."""


class StaleVersion(RecordsError):
    """The stream moved on since it was read; read again and decide again.

    Attributes:
        stream: Name of the stream.
        expected: The version the caller decided on.
        found: The version the stream has now.
    """

    def __init__(self, stream: str, expected: int, found: int) -> None:
        """Say what was expected and what was found."""
        super().__init__(f"{stream} is at version {found}, not {expected}; read it again")
        self.stream = stream
        self.expected = expected
        self.found = found


class MalformedInput(RecordsError):
    """The input is not what it claims to be: wrong shape, size, encoding or range."""


class Unavailable(RecordsError):
    """Something outside is missing or full for now; the same request may be repeated."""


class FollowingStopped(RecordsError):
    """A reader could not react to a record and stopped there; the cause says what to do.

    Attributes:
        reader: Permanent word that names the reader.
        seq: The record it could not react to; its position is the one before.
    """

    def __init__(self, reader: str, seq: int) -> None:
        """Say which reader stopped at which record."""
        super().__init__(f"{reader} stopped at record {seq}")
        self.reader = reader
        self.seq = seq


class IntegrityFailure(RecordsError):
    """Stored bytes are not what was recorded: stop, alarm, never retry."""


class ChainBroken(IntegrityFailure):
    """A record does not follow its predecessor, or a place in the order is missing or doubled."""


class ProofInvalid(IntegrityFailure):
    """An inclusion or consistency proof does not lead to the root."""


class SignatureInvalid(IntegrityFailure):
    """A signature does not match its key and bytes."""


class DigestMismatch(IntegrityFailure):
    """Bytes do not have the digest under which they were recorded."""


class UnknownEvent(IntegrityFailure):
    """The log holds an event name or version this build does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A refusal as a value, for rules that list everything that is wrong at once.

    Attributes:
        rule: The permanent short name of the rule.
        evidence: What was found.
        next_step: What can be done about it.
    """

    rule: str
    evidence: str
    next_step: str
