"""The web interface is built once per state of its sources, and never half."""

import json
from pathlib import Path

import pytest

from api.ui_build import ensure_ui, install_packages
from domain.errors import Unavailable

_BUILD = """
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
const to = process.argv[process.argv.indexOf("--outDir") + 1];
if (readFileSync("page.html", "utf8").includes("mistake")) throw new Error("cannot build this");
mkdirSync(to, { recursive: true });
copyFileSync("page.html", `${to}/index.html`);
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a checkout with a web interface that needs no packages."""
    package = {"name": "page", "version": "1.0.0", "scripts": {"build": "node build.mjs"}}
    lock = {"name": "page", "version": "1.0.0", "lockfileVersion": 3, "requires": True}
    lock["packages"] = {"": {"name": "page", "version": "1.0.0"}}
    root = tmp_path / "a checkout"
    sources = root / "ui"
    (root / "api").mkdir(parents=True)
    sources.mkdir()
    (sources / "package.json").write_text(json.dumps(package), "utf-8")
    (sources / "package-lock.json").write_text(json.dumps(lock), "utf-8")
    (sources / "build.mjs").write_text(_BUILD, "utf-8")
    (sources / "page.html").write_text("<p>one</p>", "utf-8")
    return root


def _page(built: Path) -> str:
    return (built / "index.html").read_text("utf-8")


def test_the_interface_is_built_on_the_first_start_and_not_on_the_second(root: Path) -> None:
    said: list[str] = []
    built = ensure_ui(root, said.append)
    assert built == root / "api" / "static"
    assert _page(built) == "<p>one</p>"
    assert said == ["installing the packages of ui/", "building the web interface"]
    said.clear()
    assert ensure_ui(root, said.append) == built
    assert said == []


def test_changed_sources_are_built_again_with_the_same_packages(root: Path) -> None:
    said: list[str] = []
    ensure_ui(root, said.append)
    (root / "ui" / "page.html").write_text("<p>two</p>", "utf-8")
    assert _page(ensure_ui(root, said.append)) == "<p>two</p>"
    assert said.count("installing the packages of ui/") == 1
    assert not list((root / "api").glob(".static-*"))


def test_a_failed_build_says_why_and_leaves_the_old_interface(root: Path) -> None:
    built = ensure_ui(root, print)
    (root / "ui" / "page.html").write_text("mistake", "utf-8")
    with pytest.raises(Unavailable, match="cannot build this"):
        ensure_ui(root, print)
    assert _page(built) == "<p>one</p>"
    (root / "ui" / "page.html").write_text("<p>mended</p>", "utf-8")
    assert _page(ensure_ui(root, print)) == "<p>mended</p>"


def test_a_build_that_makes_no_page_is_refused(root: Path) -> None:
    (root / "ui" / "build.mjs").write_text("", "utf-8")
    with pytest.raises(Unavailable, match=r"made no index\.html"):
        ensure_ui(root, print)
    assert not (root / "api" / "static").exists()


def test_without_sources_the_interface_that_was_shipped_is_used(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no web interface"):
        ensure_ui(tmp_path, print)
    built = tmp_path / "api" / "static"
    built.mkdir(parents=True)
    (built / "index.html").write_text("shipped", "utf-8")
    assert ensure_ui(tmp_path, print) == built


def test_packages_for_checks_serve_the_build_but_not_the_other_way(root: Path) -> None:
    said: list[str] = []
    for development in (False, True, True, False):
        install_packages(root / "ui", development=development, progress=said.append)
    assert len(said) == 2
