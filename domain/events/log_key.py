"""Facts about the key that signs the log's checkpoints."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKeyRotated:
    """Another key took over signing the log's checkpoints.

    Attributes:
        earlier: Verifier key that hands over.
        later: Verifier key that takes over.
        from_size: Smallest size of the log for which the later key may sign.
        until_size: Largest size for which the earlier key may sign.
        statement: The succession, signed by both keys, as a C2SP signed note.
    """

    earlier: str
    later: str
    from_size: int
    until_size: int
    statement: str


LogKeyEvent = LogKeyRotated
