"""Who is told of content before it is stored, so that none can lie there unknown.

Rules kept here:

1. Told first, stored then: a crash in between leaves a note of nothing, never unknown content.
"""

from typing import Protocol


class Arrivals(Protocol):
    """Keeps track of content that no record names yet."""

    def note(self, key: str, name: bytes) -> None:
        """Remember, durably, that content is about to be stored under a name of a data key.

        Raises:
            Unavailable: it cannot be remembered, or that very content is being removed; nothing
                may be stored.
        """
        ...

    def renew(self, name: bytes) -> None:
        """Let content under a name wait anew for its record, because somebody is about to name it.

        Raises:
            Unavailable: it cannot be remembered, or that very content is being removed.
        """
        ...


class Unwatched:
    """Keeps track of nothing: for stores whose content is all named already."""

    def note(self, key: str, name: bytes) -> None:
        """Remember nothing."""

    def renew(self, name: bytes) -> None:
        """Renew nothing."""
