"""The pinned dependencies: whether they agree with ``pyproject.toml``, and how they are pinned.

Rules kept here:

1. ``pyproject.toml`` says what is needed and within which bounds; ``requirements/*.txt`` say
   exactly what is installed, each file named by its hashes. Agreement is checked without a network.
2. A release younger than seven days is not taken: most poisoned releases are found sooner.
3. No file names a package index: where packages come from is the machine's own setting.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
QUARANTINE = timedelta(days=7)
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")
_HASH = re.compile(r"^\s+--hash=sha256:[0-9a-f]{64}")
_DIRECT = "vultus (pyproject.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """One requirement file and what of ``pyproject.toml`` it pins.

    Attributes:
        file: Its name in ``requirements/``.
        project: Whether it pins what the product needs to run.
        extra: The optional dependencies it pins too.
        group: The dependency group it pins too.
        within: The requirement file whose choices it must share.
        alone: Whether the packages come without what they depend on.
    """

    file: str
    project: bool = False
    extra: str | None = None
    group: str | None = None
    within: str | None = None
    alone: bool = False


LOCKS = (
    Lock(file="bootstrap.txt", group="bootstrap"),
    Lock(file="run.txt", project=True, extra="ui"),
    Lock(file="development.txt", project=True, extra="ui", group="dev", within="run.txt"),
    Lock(file="photographs.txt", group="photographs", alone=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One pinned package of a requirement file."""

    name: str
    version: str
    hashes: int
    direct: bool


def read_pins(text: str) -> Sequence[Pin]:
    """Return the pins of a requirement file; a package may have several, for several machines."""
    pins: list[Pin] = []
    for block in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE):
        head = _PIN.match(block)
        if head is None:
            continue
        lines = block.splitlines()
        pins.append(
            Pin(
                name=canonicalize_name(head[1]),
                version=head[2],
                hashes=sum(bool(_HASH.match(line)) for line in lines),
                direct=any(_DIRECT in line for line in lines),
            )
        )
    return pins


def disagreements(root: Path = ROOT) -> Sequence[str]:
    """Return every way in which requirement files and ``pyproject.toml`` are out of step."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    pins = {
        lock.file: read_pins((root / "requirements" / lock.file).read_text("utf-8"))
        for lock in LOCKS
    }
    found: list[str] = []
    for lock in LOCKS:
        wanted = _wanted(project, lock)
        found += [f"{lock.file}: {each}" for each in _unmet(wanted, pins[lock.file])]
        if lock.within:
            chosen = {(pin.name, pin.version) for pin in pins[lock.file]}
            found += [
                f"{lock.file}: {pin.name} is not {pin.version} as in {lock.within}"
                for pin in pins[lock.within]
                if (pin.name, pin.version) not in chosen
            ]
    return found


def _wanted(project: dict[str, dict[str, object]], lock: Lock) -> Sequence[Requirement]:
    """Return the requirements of ``pyproject.toml`` that a file must pin."""
    lines: list[object] = []
    for table, key in (
        (project["project"], "dependencies" if lock.project else None),
        (project["project"].get("optional-dependencies"), lock.extra),
        (project["dependency-groups"], lock.group),
    ):
        if key is None:
            continue
        entries = table[key] if isinstance(table, dict) else None
        if not isinstance(entries, list):
            raise TypeError(f"pyproject.toml has no list named {key}")
        lines += entries
    return [Requirement(str(line)) for line in lines]


def _unmet(wanted: Sequence[Requirement], pins: Sequence[Pin]) -> Iterable[str]:
    for pin in pins:
        if not pin.hashes:
            yield f"{pin.name} {pin.version} has no hash"
    names = {canonicalize_name(requirement.name) for requirement in wanted}
    for pin in pins:
        if pin.direct and pin.name not in names:
            yield f"{pin.name} is pinned for pyproject.toml, which does not ask for it"
    for requirement in wanted:
        chosen = [pin for pin in pins if pin.name == canonicalize_name(requirement.name)]
        if not chosen:
            yield f"{requirement.name} is not pinned"
        for pin in chosen:
            if not requirement.specifier.contains(pin.version, prereleases=True):
                yield f"{pin.name} is pinned at {pin.version}, outside {requirement.specifier}"


def compile_lock(lock: Lock, *, root: Path, before: datetime, upgrade: bool) -> None:
    """Choose versions released before an instant and write the requirement file."""
    arguments = ["uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
    arguments += ["--no-header", "--no-emit-index-url", "--no-emit-find-links", "--system-certs"]
    arguments += ["--python-version", "3.11", "--exclude-newer", before.isoformat()]
    arguments += ["--output-file", f"requirements/{lock.file}"]
    arguments += ["pyproject.toml"] if lock.project else []
    arguments += ["--extra", lock.extra] if lock.extra else []
    arguments += ["--group", lock.group] if lock.group else []
    arguments += ["--constraint", f"requirements/{lock.within}"] if lock.within else []
    arguments += ["--no-deps"] if lock.alone else []
    arguments += ["--upgrade"] if upgrade else []
    arguments[0] = str(Path(sys.prefix) / "bin" / "uv")
    subprocess.run(arguments, check=True, cwd=root)


def main() -> int:
    """Pin every dependency anew; ``./vultus lock``."""
    parser = argparse.ArgumentParser(prog="vultus lock", description="Pin dependencies by hash.")
    parser.add_argument(
        "--upgrade", action="store_true", help="take newer releases of what is pinned already"
    )
    options = parser.parse_args()
    before = datetime.now(UTC).replace(microsecond=0) - QUARANTINE
    for lock in LOCKS:
        sys.stdout.write(f"requirements/{lock.file}\n")
        sys.stdout.flush()
        compile_lock(lock, root=ROOT, before=before, upgrade=options.upgrade)
    return 0


if __name__ == "__main__":
    sys.exit(main())
