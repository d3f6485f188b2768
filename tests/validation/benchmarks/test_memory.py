"""What a phase takes of memory is seen while it runs, in this process and in its helpers.

Each phase runs in a process of its own: a process that runs tests has allocators that keep and give
back what other tests took, and helpers of theirs that end meanwhile.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

PHASE = """
import sys, threading
from validation.benchmarks.memory import Peak, own_with_helpers_mb

def seen_until(holds):
    for _ in range(2400):
        if holds():
            return
        threading.Event().wait(0.02)
    sys.exit("it was not seen in time")

"""

GIVEN_BACK = """
with Peak() as peak:
    taken = bytearray(b"x") * 80_000_000
    seen_until(lambda: peak.grown_mb > 60)
    del taken
print(peak.grown_mb)
"""

HELPER = """
import subprocess
take = "taken = bytearray(b'x') * 80_000_000; print('taken', flush=True); input()"
with Peak() as peak:
    command = [sys.executable, "-c", take]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as helper:
        assert helper.stdout.readline() == "taken\\n"
        seen_until(lambda: peak.grown_mb > 60)
        helper.communicate("\\n")
    seen_until(lambda: own_with_helpers_mb() < peak.grown_mb)
print(peak.grown_mb)
"""

MAPPED = """
import mmap
with open(sys.argv[1], "rb") as file, Peak() as peak:
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert sum(mapped[at] for at in range(0, len(mapped), 4096)) == 0
        looked = peak.looks
        seen_until(lambda: peak.looks > looked + 1)
print(peak.grown_mb)
"""


def grown_mb(phase: str, *arguments: str) -> float:
    """Run a phase in a new process, and return what it says that it took."""
    command = [sys.executable, "-P", "-c", PHASE + phase, *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


@pytest.mark.parametrize("phase", [GIVEN_BACK, HELPER], ids=["given back", "in a helper"])
def test_what_was_taken_and_given_back_is_seen(phase: str) -> None:
    assert 60 < grown_mb(phase) < 200


def test_pages_of_a_mapped_file_are_the_systems_and_not_counted(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(bytes(80_000_000))
    assert grown_mb(MAPPED, str(large)) < 20
