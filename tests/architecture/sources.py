"""What the repository consists of: its packages, their modules, and every file kept in git."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("domain", "adapters", "device", "projections", "api", "validation")


def configuration() -> dict[str, dict[str, object]]:
    """Return ``pyproject.toml``."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def modules(*packages: str) -> Sequence[Path]:
    """Return the Python files of packages, such as ``domain`` or ``adapters/eventlog``."""
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def kept_files() -> Sequence[Path]:
    """Return every file that is in git or would be, so that a mistake shows before the commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the developer's own git
        check=True,
        capture_output=True,
        cwd=ROOT,
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return sorted(path for path in set(paths) if path.is_file())


def shown(path: Path) -> str:
    """Return a path as people write it."""
    return path.relative_to(ROOT).as_posix()


def imported(source: str) -> Iterator[str]:
    """Yield the dotted name of each module that a source text imports, wherever it does so.

    ``from a import b`` yields both ``a`` and ``a.b``: only the reader knows whether b is a module.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = "." * node.level + (node.module or "")
            yield package
            yield from (f"{package}.{name.name}" for name in node.names)


def outside(names: Iterator[str], allowed: Sequence[str]) -> Sequence[str]:
    """Return the imported names that are neither standard library nor inside an allowed package."""
    return [
        name
        for name in names
        if name.split(".")[0] not in sys.stdlib_module_names
        and not any(name == each or name.startswith(f"{each}.") for each in allowed)
    ]
