"""Fetches the published face networks into the environment; the launcher calls it once.

Rules kept here:

1. What is fetched is pinned by digest in ``requirements/face-mesh/package-lock.json``, comes from
   the package registry that the machine is set to, and runs no script.
2. One file of the package is kept, and only when it is the published one; it takes its place in
   one step, so a start that is interrupted leaves nothing half done.
3. Where the file stands already, no network is touched.
"""

import shutil
import sys
from pathlib import Path

from adapters.imaging.face_package import ASSET, check_asset, installed_asset
from api.ui_build import install_packages
from domain.errors import DigestMismatch, Unavailable

_PINS = ("package.json", "package-lock.json")


def fetch_face_package(pins: Path, asset: Path) -> bool:
    """Put the package's asset in its place; return whether it had to be fetched.

    Args:
        pins: Folder of ``package.json`` and ``package-lock.json``.
        asset: Where the asset belongs.

    Raises:
        Unavailable: the package cannot be fetched.
        DigestMismatch: what was fetched is not the published asset.
    """
    if _stands(asset):
        return False
    fresh = asset.parent / "unfinished"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name in _PINS:
        shutil.copy(pins / name, fresh / name)
    install_packages(fresh, development=False, progress=lambda _: None)
    fetched = fresh / "node_modules" / "@mediapipe" / "face_mesh" / ASSET
    check_asset(fetched.read_bytes())
    fetched.replace(asset)
    shutil.rmtree(fresh)
    return True


def _stands(asset: Path) -> bool:
    try:
        check_asset(asset.read_bytes())
    except (FileNotFoundError, DigestMismatch):
        return False
    return True


def main() -> int:
    """Fetch into this environment what this checkout pins."""
    pins = Path(__file__).parent.parent / "requirements" / "face-mesh"
    try:
        fetch_face_package(pins, installed_asset())
    except (DigestMismatch, Unavailable) as error:
        sys.stderr.write(f"vultus: the face networks could not be fetched: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
