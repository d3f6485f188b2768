"""How much memory a phase takes at most, helpers included, and whether that grows with the record.

Rules kept here:

1. Memory of this process and of its helpers is looked at many times a second; what counts is the
   most that a phase added to what was there when it began.
2. It is their own memory. Pages of files that are mapped to be read are not: they are the system's
   cache, shared, and given back whenever somebody needs the room.
3. The same phase is measured on a tenth of the record and on all of it. What it may grow by is
   stated: an entry for each stream where streams are followed, and one page cache.
"""

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from adapters.database import CACHE_KIB

STREAM_BYTES: Final = 400
"""What verification remembers of a stream: its name, its last version and leaf hash."""

NOISE_MB: Final = 40.0
"""What an allocator may keep or give back between two measurements."""

_EVERY_S: Final = 0.05
_PROC: Final = Path("/proc")


class Peak:
    """The most that was added to memory while this was entered; 0 where that cannot be seen.

    Attributes:
        grown_mb: In megabytes, over all processes.
        looks: How often it was looked at.
    """

    def __init__(self) -> None:
        """Look at nothing yet."""
        self.grown_mb = 0.0
        self.looks = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._began_mb = own_with_helpers_mb()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            now = own_with_helpers_mb()
            self.grown_mb = max(self.grown_mb, now - self._began_mb)
            self.looks += 1
            if self._over.wait(_EVERY_S):
                return


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What a phase took on a tenth of the record and on all of it.

    Attributes:
        phase: In words.
        tenth_mb: The most on a tenth.
        whole_mb: The most on all of it.
        more_streams: So many streams more were followed; 0 where none are.
    """

    phase: str
    tenth_mb: float
    whole_mb: float
    more_streams: int = 0

    @property
    def allowed_mb(self) -> float:
        """How much more all of it may take."""
        return NOISE_MB + CACHE_KIB / 1000 + self.more_streams * STREAM_BYTES / 1e6

    @property
    def constant(self) -> bool:
        """Whether it does not grow with the number of records."""
        return self.whole_mb - self.tenth_mb <= self.allowed_mb

    def __str__(self) -> str:
        """Say it in a line."""
        index = f" for {self.more_streams:,} streams more" if self.more_streams else ""
        return (
            f"{self.phase}: at most {self.tenth_mb:.0f} MB on a tenth, {self.whole_mb:.0f} MB on "
            f"all of it; may grow by {self.allowed_mb:.0f} MB{index}"
            f"{'' if self.constant else ': GROWS WITH THE RECORD'}"
        )


def own_with_helpers_mb() -> float:
    """Return the memory of their own of this process and of those it started; 0 where unknown.

    Source: proc(5), ``/proc/pid/statm``: resident pages less those of files and shared memory.
    """
    pages, waiting = 0, [os.getpid()]
    while waiting:
        pid = waiting.pop()
        try:
            _, resident, shared, *_ = map(int, (_PROC / str(pid) / "statm").read_bytes().split())
            pages += resident - shared
            for task in (_PROC / str(pid) / "task").iterdir():
                waiting += map(int, (task / "children").read_text("ascii").split())
        except (OSError, ValueError):
            continue  # it has ended meanwhile, or this is no Linux
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
