"""The face networks are fetched once, kept only when they are the published ones, never half."""

import json
import shutil
from pathlib import Path

import pytest

from adapters.imaging.face_package import ASSET, LICENCE, PACKAGE, installed_asset
from api import face_package
from api.face_package import fetch_face_package
from api.version import components
from domain.errors import DigestMismatch, Unavailable

PINS = Path(__file__).parent.parent.parent / "requirements" / "face-mesh"


class Registry:
    """Plays the package registry: puts a file where npm would, or has nothing."""

    def __init__(self, content: Path | None) -> None:
        """Offer a file, or be out of reach."""
        self.content = content
        self.asked = 0

    def install(self, folder: Path, *, development: bool, progress: object) -> None:
        """Do what ``install_packages`` does."""
        del development, progress
        self.asked += 1
        assert (folder / "package-lock.json").read_bytes() == (
            PINS / "package-lock.json"
        ).read_bytes()
        if self.content is None:
            raise Unavailable("npm ci failed")
        package = folder / "node_modules" / "@mediapipe" / "face_mesh"
        package.mkdir(parents=True)
        shutil.copy(self.content, package / ASSET)


def _played(monkeypatch: pytest.MonkeyPatch, content: Path | None) -> Registry:
    registry = Registry(content)
    monkeypatch.setattr(face_package, "install_packages", registry.install)
    return registry


def test_the_asset_is_fetched_once_and_nothing_else_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = _played(monkeypatch, installed_asset())
    asset = tmp_path / "face-mesh" / ASSET
    assert fetch_face_package(PINS, asset)
    assert not fetch_face_package(PINS, asset)
    assert registry.asked == 1
    assert [each.name for each in asset.parent.iterdir()] == [ASSET]


def test_an_altered_asset_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _played(monkeypatch, installed_asset())
    asset = tmp_path / ASSET
    asset.write_bytes(b"altered")
    assert fetch_face_package(PINS, asset)
    assert asset.read_bytes() == installed_asset().read_bytes()


def test_another_file_is_refused_and_takes_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"another asset")
    _played(monkeypatch, other)
    asset = tmp_path / "face-mesh" / ASSET
    with pytest.raises(DigestMismatch, match="not the published ones"):
        fetch_face_package(PINS, asset)
    assert not asset.exists()


def test_without_a_registry_the_launcher_is_told_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _played(monkeypatch, None)
    monkeypatch.setattr(face_package, "installed_asset", lambda: tmp_path / "face-mesh" / ASSET)
    assert face_package.main() == 1
    assert "the face networks could not be fetched: npm ci failed" in capsys.readouterr().err


def test_where_the_asset_stands_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = _played(monkeypatch, None)
    assert face_package.main() == 0
    assert registry.asked == 0


def test_the_package_that_is_pinned_is_the_one_whose_parts_are_known() -> None:
    pinned = json.loads((PINS / "package-lock.json").read_text("utf-8"))["packages"]
    name, version = PACKAGE.rsplit("==", 1)
    assert pinned[f"node_modules/{name}"]["version"] == version
    assert pinned[f"node_modules/{name}"]["license"] == LICENCE
    assert pinned[f"node_modules/{name}"]["integrity"].startswith("sha512-")
    assert PACKAGE in components()
