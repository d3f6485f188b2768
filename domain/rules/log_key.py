"""The key that signs the log's checkpoints, and what succeeds it.

Rules kept here:

1. A key is succeeded by a statement that both keys signed; the statement is the fact.
2. One succession at a time: while two keys may sign, there is no third.
3. A succession begins where the log ends; nothing that was signed is signed for anew.
"""

from dataclasses import dataclass

from domain.errors import RuleViolation
from domain.events.aggregate import Aggregate
from domain.events.log_key import LogKeyEvent, LogKeyRotated
from domain.ledger.checkpoint import encode_verifier_key
from domain.ledger.log_keys import Succession
from domain.values.identifiers import LogKeyId

OVERLAP_MAX = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKey:
    """The successions of the log's keys.

    Attributes:
        rotations: Every one, in order.
    """

    rotations: tuple[LogKeyRotated, ...] = ()


def evolve(log_key: LogKey, event: LogKeyEvent) -> LogKey:
    """Return the keys after the event; history is never refused."""
    return LogKey(rotations=(*log_key.rotations, event))


LOG_KEY = Aggregate(kind=LogKeyId.kind, initial=LogKey(), evolve=evolve)


def refuse_while_two_sign(log_key: LogKey, *, size: int) -> None:
    """Refuse a succession while the one before is not over.

    Raises:
        RuleViolation: two keys may sign for the log as it is.
    """
    if log_key.rotations and size <= log_key.rotations[-1].until_size:
        until = log_key.rotations[-1].until_size
        raise RuleViolation(
            "log-key.overlap",
            f"two keys may sign until the log has more than {until} records; it has {size}",
            "Rotate again after that.",
        )


def rotate_log_key(
    log_key: LogKey, *, succession: Succession, statement: str, size: int
) -> LogKeyRotated:
    """Record that another key takes over.

    Args:
        log_key: The keys so far.
        succession: What both keys signed.
        statement: The signed note itself.
        size: Number of records in the log.

    Raises:
        RuleViolation: two keys may sign already, the earlier key is not the one that signs, or the
            succession does not begin where the log ends.
    """
    refuse_while_two_sign(log_key, size=size)
    earlier = encode_verifier_key(succession.earlier)
    if log_key.rotations and log_key.rotations[-1].later != earlier:
        raise RuleViolation(
            "log-key.line",
            "another key took over meanwhile",
            "Look at the log's keys, and rotate again if that is still wanted.",
        )
    if not succession.from_size <= size <= succession.until_size <= size + OVERLAP_MAX:
        raise RuleViolation(
            "log-key.sizes",
            f"a succession from {succession.from_size} until {succession.until_size} does not fit "
            f"a log of {size} records",
            f"Let it begin where the log ends, and overlap for at most {OVERLAP_MAX} records.",
        )
    return LogKeyRotated(
        earlier=earlier,
        later=encode_verifier_key(succession.later),
        from_size=succession.from_size,
        until_size=succession.until_size,
        statement=statement,
    )
