"""The launcher installs exactly what is pinned, once, and recovers from whatever interrupts it.

The machine's Python is played by a script that makes an environment of two more scripts: its
Python and its uv write down what they are asked to do instead of doing it.
"""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_MACHINE_PYTHON = """#!/bin/sh
if [ "$1 $2" != "-m venv" ]; then exec "{real}" "$@"; fi
echo venv >>"{log}"
mkdir -p "$3/bin"
cp "{folder}/environment-python" "$3/bin/python"
cp "{folder}/uv" "$3/bin/uv"
"""
_ENVIRONMENT_PYTHON = """#!/bin/sh
case "$*" in
    "-c import pip") exit 0 ;;
    "-m pip "*) echo "pip $*" >>"{log}" ;;
    "-P -m api.face_package") echo 'face package' >>"{log}" ;;
    *) printf 'started:'; printf ' [%s]' "$@"; printf '\\n' ;;
esac
"""
_UV = """#!/bin/sh
echo "uv $*" >>"{log}"
if [ -e "{folder}/hold" ]; then read -r _ <"{folder}/hold"; fi
if [ -e "{folder}/broken" ]; then echo 'uv: no network' >&2; exit 2; fi
"""


class Machine:
    """A checkout on a machine whose Python and uv write down what they are asked."""

    def __init__(self, folder: Path) -> None:
        """Prepare the machine in an empty folder."""
        self.folder = folder
        self.log = folder / "log"
        self.root = folder / "a checkout"
        self.programs = folder / "programs"
        self.log.touch()
        self.root.mkdir()
        shutil.copy(ROOT / "vultus", self.root)
        shutil.copy(ROOT / "pyproject.toml", self.root)
        shutil.copytree(ROOT / "requirements", self.root / "requirements")
        self.programs.mkdir()
        self._program(self.programs / "python3.11", _MACHINE_PYTHON)
        self._program(folder / "environment-python", _ENVIRONMENT_PYTHON)
        self._program(folder / "uv", _UV)

    def _program(self, path: Path, text: str) -> None:
        path.write_text(text.format(real=sys.executable, log=self.log, folder=self.folder), "utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def begin(self, *arguments: str, program: Path | None = None) -> "subprocess.Popen[str]":
        """Start the launcher from another folder with next to nothing in its environment."""
        return subprocess.Popen(
            [str(program or self.root / "vultus"), *arguments],
            cwd=self.folder,
            env={"PATH": f"{self.programs}{os.pathsep}{os.defpath}", "HOME": str(self.folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start(self, *arguments: str, program: Path | None = None) -> tuple[int, str, str]:
        """Run the launcher to its end and return its exit status, output and complaints."""
        process = self.begin(*arguments, program=program)
        output, complaints = process.communicate(timeout=30)
        return process.returncode, output, complaints

    def done(self) -> Sequence[str]:
        """Return what was installed since the last call."""
        lines = self.log.read_text("utf-8").splitlines()
        self.log.write_text("", "utf-8")
        return lines


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine with Python and a fresh checkout."""
    return Machine(tmp_path)


def test_a_first_start_installs_what_is_pinned_and_runs_the_command(machine: Machine) -> None:
    status, output, complaints = machine.start("serve", "two words")
    assert (status, output) == (0, "started: [-P] [-m] [api.cli] [serve] [two words]\n")
    assert complaints == ("vultus: making an environment in .venv (once; this can take a minute)\n")
    pins, venv = machine.root / "requirements", machine.root / ".venv"
    assert machine.done() == [
        "venv",
        (
            "pip -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps "
            f"--requirement {pins}/bootstrap.txt"
        ),
        (
            f"uv pip sync --require-hashes --compile-bytecode {pins}/bootstrap.txt {pins}/run.txt "
            f"{pins}/photographs.txt --python {venv}/bin/python --quiet"
        ),
        (
            f"uv pip install --offline --no-deps --editable {machine.root} "
            f"--python {venv}/bin/python --quiet"
        ),
        "face package",
    ]


def test_the_demonstration_is_started_by_the_launcher(machine: Machine) -> None:
    started = machine.start("demo", "--once")[1]

    assert started == "started: [-P] [-m] [validation.demonstration] [--once]\n"


def test_a_second_start_installs_nothing_and_needs_no_python_of_the_machine(
    machine: Machine,
) -> None:
    machine.start("serve")
    machine.done()
    shutil.rmtree(machine.programs)
    assert machine.start("serve") == (0, "started: [-P] [-m] [api.cli] [serve]\n", "")
    assert machine.done() == []


@pytest.mark.parametrize(
    ("command", "started"),
    [
        ("test", "[validation.checks] [test]"),
        ("check", "[validation.checks] [check]"),
        ("benchmark", "[validation.benchmarks]"),
    ],
)
def test_checks_bring_the_development_tools_which_then_serve_every_command(
    machine: Machine, command: str, started: str
) -> None:
    machine.start("serve")
    machine.done()
    _, output, complaints = machine.start(command)
    assert output == f"started: [-P] [-m] {started}\n"
    assert complaints == "vultus: bringing .venv in step with requirements/\n"
    assert f"{machine.root}/requirements/development.txt" in machine.done()[1]
    assert machine.start("serve")[2] == ""
    assert machine.done() == []


@pytest.mark.parametrize(
    "changed",
    ["pyproject.toml", "requirements/run.txt", "requirements/face-mesh/package-lock.json"],
)
def test_a_changed_pin_is_installed_at_the_next_start(machine: Machine, changed: str) -> None:
    machine.start("serve")
    machine.done()
    with (machine.root / changed).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert "bringing .venv in step" in machine.start("serve")[2]
    assert len(machine.done()) == 4


def test_an_environment_for_development_stays_one_when_a_pin_changes(machine: Machine) -> None:
    machine.start("test")
    machine.done()
    with (machine.root / "requirements" / "bootstrap.txt").open("a", encoding="utf-8") as file:
        file.write("\n")
    machine.start("serve")
    assert "development.txt" in machine.done()[1]


def test_a_moved_checkout_is_installed_again(machine: Machine) -> None:
    machine.start("serve")
    machine.done()
    machine.root = machine.root.rename(machine.folder / "elsewhere")
    assert machine.start("serve")[0] == 0
    assert machine.done()


def test_a_failed_installation_runs_nothing_and_is_made_again_from_nothing(
    machine: Machine,
) -> None:
    (machine.folder / "broken").touch()
    status, output, complaints = machine.start("serve")
    assert (status, output) == (2, "")
    assert "uv: no network" in complaints
    machine.done()
    (machine.root / ".venv" / "half a package").touch()
    (machine.folder / "broken").unlink()
    assert machine.start("serve")[0] == 0
    assert machine.done()[0] == "venv"
    assert not (machine.root / ".venv" / "half a package").exists()


def test_of_two_starts_at_once_one_installs_and_the_other_waits(machine: Machine) -> None:
    hold = machine.folder / "hold"
    os.mkfifo(hold)
    first = machine.begin("serve")
    with hold.open("w") as held:  # opens when the first start's uv reads it
        second = machine.begin("serve")
        assert second.stderr is not None
        assert second.stderr.readline() == (
            "vultus: another start is preparing .venv; waiting for it\n"
        )
        hold.unlink()
        held.write("go\n")
    for process in (first, second):
        output, _ = process.communicate(timeout=30)
        assert (process.returncode, output) == (0, "started: [-P] [-m] [api.cli] [serve]\n")
    assert machine.done().count("venv") == 1


def test_the_launcher_works_through_a_link(machine: Machine) -> None:
    (machine.folder / "links").mkdir()
    link = machine.folder / "links" / "vultus"
    link.symlink_to("../a checkout/vultus")
    assert machine.start("serve", program=link)[0] == 0
    assert (machine.root / ".venv").is_dir()


@pytest.mark.parametrize(
    ("python", "complaint"),
    [
        ("exit 1", "no Python 3.11 or newer found"),
        ('case "$2" in *ensurepip*) exit 1 ;; esac', "has no venv module"),
    ],
)
def test_a_machine_without_what_is_needed_is_told_what_to_install(
    machine: Machine, python: str, complaint: str
) -> None:
    for path in (machine.programs / name for name in ("python3.11", "python3.12", "python3.13")):
        path.write_text(f"#!/bin/sh\n{python}\n", "utf-8")
        path.chmod(0o700)
    shutil.copy(machine.programs / "python3.11", machine.programs / "python3")
    status, output, complaints = machine.start("serve")
    assert (status, output) == (1, "")
    assert complaint in complaints
    assert not (machine.root / ".venv").exists()
