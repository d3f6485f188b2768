"""A clinic that moves its pictures into a bucket and back, on the shipped command line."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.blobs.location import Bucket
from adapters.memory import ManualClock
from api.cli import REFUSED, main
from api.wiring import open_system
from tests.api import pictures
from tests.api.portal import Clinic, Portal, opened, opening, settings_in
from tests.api.test_capture_sessions import bring
from tests.environment.object_store import StorageServer

TAKEN, BROUGHT_LATER = pictures.jpeg(), pictures.png()


def _in(bucket: Bucket) -> dict[str, str]:
    """Return the settings under which content lies in a bucket."""
    return {
        "VULTUS_BLOBS": str(bucket),
        "VULTUS_S3_ENDPOINT": bucket.endpoint,
        "VULTUS_S3_CREDENTIALS": str(bucket.credentials),
    }


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.verifies("REQ-IN-544")
def test_a_clinic_moves_its_pictures_into_a_bucket_works_there_and_moves_back(
    clinic: Clinic,
    rclone_server: StorageServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bucket = rclone_server.fresh()
    data, back = tmp_path / "record", tmp_path / "back"
    monkeypatch.setenv("VULTUS_DATA", str(data))
    with opened(clinic, tmp_path) as portal:
        operator = portal.sign_in("operator")
        session = str(operator.done("/capture-sessions", opening(clinic, device=None))["session"])
        digest = bring(operator, session, TAKEN).json()["digest"]

    reached = ("--endpoint", bucket.endpoint, "--credentials", str(bucket.credentials))
    assert main(["copy-blobs", "--to", str(bucket), *reached]) == 0
    for name, value in _in(bucket).items():
        monkeypatch.setenv(name, value)
    assert main(["check-storage"]) == 0
    assert main(["verify"]) == 0
    copied = _files(data / "blobs")
    (data / "blobs").rename(tmp_path / "put away")

    settings = settings_in(data, **_in(bucket))
    clock = ManualClock(portal.clock.now())
    with open_system(settings, clock=clock) as system:
        there = Portal(system, clock)
        there.totp.update(clinic.totp)
        operator = there.sign_in("operator")
        assert operator.get(f"/images/{digest}", session=session).content == TAKEN
        bring(operator, session, BROUGHT_LATER).raise_for_status()
    assert not (data / "blobs").exists()

    assert main(["copy-blobs", "--to", str(back)]) == 0
    for name in _in(bucket):
        monkeypatch.delenv(name)
    monkeypatch.setenv("VULTUS_BLOBS", str(back))
    assert main(["verify"]) == 0
    assert copied.items() < _files(back).items()
    said = capsys.readouterr()
    assert f"set VULTUS_BLOBS={bucket}" in said.err
    assert f"set VULTUS_BLOBS={back}" in said.err


def test_a_copy_that_cannot_be_complete_says_so(
    clinic: Clinic,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = tmp_path / "record"
    monkeypatch.setenv("VULTUS_DATA", str(data))
    with opened(clinic, tmp_path) as portal:
        operator = portal.sign_in("operator")
        session = str(operator.done("/capture-sessions", opening(clinic, device=None))["session"])
        before = set(_files(data / "blobs"))
        bring(operator, session, TAKEN).raise_for_status()
    (name,) = set(_files(data / "blobs")) - before
    next((data / "blobs").rglob(name)).unlink()
    assert main(["copy-blobs", "--to", str(tmp_path / "there")]) == REFUSED
    assert f"missing: {name}" in capsys.readouterr().err
    assert main(["copy-blobs", "--to", str(data / "blobs")]) == REFUSED
    assert "lies already" in capsys.readouterr().err


def test_storage_that_cannot_be_used_is_told_at_the_start(
    rclone_server: StorageServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    missing = replace(rclone_server.fresh(), name="no-such-bucket")
    for name, value in {**_in(missing), "VULTUS_DATA": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    for word in ("check-storage", "verify"):
        assert main([word]) == 3
        assert "the bucket is not there" in capsys.readouterr().err
    monkeypatch.setenv("VULTUS_BLOBS", str(tmp_path / "blobs"))
    assert main(["check-storage"]) == 0
    assert not _files(tmp_path / "blobs")
