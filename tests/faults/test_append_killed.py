"""A process that is killed at any step of an append leaves a whole log behind."""

import os
import signal
import sys
import tempfile

import pytest

from domain.values.identifiers import SessionId
from tests.contracts.logs import Logs, check_whole
from tests.faults.killing import BEFORE, append_until_killed, killed_append

STEPS_MAX = 60


@pytest.mark.verifies("REQ-IN-002", "DRV-02", "DRV-06")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_at_any_step_leaves_a_whole_log(kept_logs: Logs, moment: str) -> None:
    recorded, written = 0, []
    for step in range(1, STEPS_MAX):
        trial = f"{moment}-{step}"
        ended, said = run(kept_logs, trial, step, after=moment == "after")
        assert ended in (0, signal.SIGKILL), said
        with kept_logs.open() as log:
            # The next process finds the log whole, with everything that was answered for.
            found = check_whole(log)
            written.append(found - recorded)
            assert written[-1] in (BEFORE, BEFORE + 3)
            stream = log.stream(SessionId.derived(trial).stream)
            leaves = [f"leaf {each.leaf.hex()}" for each in stream]
            assert said[:BEFORE] == leaves[:BEFORE]
            # The request is repeated and recorded once, whatever became of the first try.
            again = log.append(killed_append(trial))
            assert [each.version for each in again] == [BEFORE + 1, 1, BEFORE + 2]
            assert log.append(killed_append(trial)) == again
            recorded += BEFORE + 3
            assert check_whole(log) == recorded
        if ended == 0:
            assert said[BEFORE:] == [f"steps {step - 1}"]
            break
    else:
        pytest.fail("the append never came to its end")
    assert len(written) > 6
    assert written == sorted(written)  # before the commit nothing, after it everything
    assert {BEFORE, BEFORE + 3} == set(written)


def run(logs: Logs, trial: str, step: int, *, after: bool) -> tuple[int, list[str]]:
    """Append in a forked process; return the signal that ended it and what it told."""
    with tempfile.TemporaryFile("w+") as told:
        pid = os.fork()
        if pid == 0:
            failed = 1
            try:
                sys.stdout = told
                append_until_killed(logs, trial, step, after=after)
                failed = 0
            except BaseException as error:  # noqa: BLE001 - told to the parent
                told.write(repr(error))
            finally:
                told.flush()
                os._exit(failed)
        _, status = os.waitpid(pid, 0)
        told.seek(0)
        ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)
        return ended, told.read().splitlines()
