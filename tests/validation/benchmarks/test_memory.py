"""What a phase takes of memory is seen while it runs, in this process and in its helpers."""

import mmap
import subprocess
import sys
import time
from pathlib import Path

from tests.fleet.processes import wait_until
from validation.benchmarks.memory import Peak, own_with_helpers_mb

TAKE = "import time; taken = bytearray(b'x') * 80_000_000; print('taken', flush=True); input()"


def test_what_was_taken_and_given_back_is_seen() -> None:
    with Peak() as peak:
        taken = bytearray(b"x") * 80_000_000
        wait_until(lambda: peak.grown_mb > 60)
        del taken
    assert 60 < peak.grown_mb < 200


def test_what_a_helper_takes_is_counted() -> None:
    before = own_with_helpers_mb()
    with subprocess.Popen(
        [sys.executable, "-c", TAKE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as helper:
        assert helper.stdout is not None
        assert helper.stdout.readline() == "taken\n"
        assert own_with_helpers_mb() > before + 60
        helper.communicate("\n")


def test_pages_of_a_mapped_file_are_the_systems_and_not_counted(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(bytes(80_000_000))
    with Peak() as peak, large.open("rb") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            assert sum(mapped[at] for at in range(0, len(mapped), 4096)) == 0
        time.sleep(0.2)
    assert peak.grown_mb < 20
