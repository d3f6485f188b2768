"""What may happen to a process that helps; nothing is imported here that takes time."""

import os
import signal

from domain.errors import Unavailable


def kill_itself(number: int) -> int:
    """End as the kernel ends a process that takes too much memory."""
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def fail_itself(number: int) -> int:
    """Fail as a range fails whose rows cannot be read."""
    if number == 1:
        message = "the database cannot be read"
        raise Unavailable(message)
    return number
