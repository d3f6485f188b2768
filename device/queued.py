"""What the station's queue takes in and tells of itself.

Rules kept here:

1. Content is taken in only with the statement that names it, in the statement's order.
"""

from dataclasses import dataclass

from device.statement import Statement
from domain.errors import MalformedInput, Refusal
from domain.values.content import Digest
from domain.values.time import DeviceTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A statement with the content it names.

    Attributes:
        statement: Signed.
        content: The bytes, in the order of the statement's digests.
    """

    statement: Statement
    content: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse content that is not what the statement names."""
        if tuple(Digest.of(each) for each in self.content) != self.statement.content:
            raise MalformedInput("the content is not what the statement names")


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """A statement the server refused for good.

    Attributes:
        sequence: Its number.
        refusal: Why.
        since: When it was set aside.
        statement: What was refused; none once it was emptied.
    """

    sequence: int
    refusal: Refusal
    since: DeviceTime
    statement: Statement | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """How the queue stands.

    Attributes:
        waiting: Statements not yet acknowledged.
        oldest: When the oldest of them was made.
        refused: Statements kept aside.
        last_sequence: The last number used.
        free_bytes: Room left on the disk.
    """

    waiting: int
    oldest: DeviceTime | None
    refused: int
    last_sequence: int
    free_bytes: int
