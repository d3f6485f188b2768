"""How the events of one kind of stream become a state.

Rules kept here:

1. A fold uses only state and event, and refuses no history.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate(Generic[S, E]):
    """How one kind of stream becomes a state.

    Attributes:
        kind: First part of the stream's name.
        initial: State of a stream in which nothing was recorded.
        evolve: State and event to state; refuses no history.
        survives_erasure: Whether decisions go on after content was erased.
        grows: Whether its streams go on for years; then states are kept (``folds``). Only for
            streams whose content is never erased, for what is kept would survive that.
    """

    kind: str
    initial: S
    evolve: Callable[[S, E], S]
    survives_erasure: bool = False
    grows: bool = False
