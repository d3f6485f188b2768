"""A record with the whole story in it, told once for all flows.

It is told in two goes: the first is killed in the middle, so every flow stands on a story that was
interrupted and continued.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
STORY_S = 840
"""The story measures every capture in full, and other tests run beside it."""
KILLED_AT = "first visit"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give whichever flow comes first the time to have the story told."""
    for item in items:
        if isinstance(item, pytest.Function) and "told" in item.fixturenames:
            item.add_marker(pytest.mark.timeout(STORY_S + 60))


def vultus(*arguments: str, data: Path, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
    """Run the shipped command line on a record and return what it said."""
    environment = {**os.environ, "VULTUS_DATA": str(data)}
    command = [sys.executable, "-m", "api.cli", *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        timeout=timeout_s,
        check=False,
    )


def vultus_verify(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the stand-alone verifier and return what it said."""
    command = [sys.executable, "-m", "validation.audit.cli", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False
    )


def killed_in_the_middle(command: list[str]) -> None:
    """Start telling the story and kill the program, without a warning, when it is half told."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as telling:
        assert telling.stderr is not None
        said = ""
        for line in telling.stderr:
            said += line
            if KILLED_AT in line:
                telling.kill()
                break
        telling.wait()
        assert KILLED_AT in said, said[-4000:]


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration's folder after the whole story; several test processes share one."""
    own = tmp_path_factory.getbasetemp()
    # Several test processes have folders of their own in the one of the run.
    run = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    shared = run / "told-story"
    shared.mkdir(exist_ok=True)
    folder = shared / "demo"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "told").exists():
            command = [sys.executable, "-m", "validation.demonstration", "--once", "--port", "0"]
            command += ["--data", str(folder)]
            killed_in_the_middle(command)
            done = subprocess.run(
                command, capture_output=True, text=True, cwd=ROOT, timeout=STORY_S, check=False
            )
            assert done.returncode == 0, done.stderr[-4000:]
    return folder


@pytest.fixture
def story(told: Path, tmp_path: Path) -> Path:
    """A copy of the told story that a test may change."""
    copy = tmp_path / "demo"
    shutil.copytree(told, copy)
    return copy
