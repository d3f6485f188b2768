"""The evidence behind a report verifies offline, discloses no identity, and packs repeatably."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from adapters.keys.signing import Ed25519Signer
from adapters.ledger.checkpointer import Checkpointer
from adapters.ledger.checkpoints import MemoryShelf
from adapters.memory import MemoryKeyRing
from adapters.reports.evidence_bundle import BundleFacts, pack_bundle
from domain.errors import DigestMismatch, NotFound, Unavailable
from domain.events.assessment import ReportIssued
from domain.events.equipment import CalibrationInvalidated, DeviceBatchRejected
from domain.ledger.bundle import MANIFEST_PATH, parse_manifest
from domain.values.actor import Actor
from domain.values.consent import Purpose
from domain.values.content import Digest
from domain.values.identifiers import ReportId, SubjectId
from tests.adapters.workers.finished import Finished, finished
from tests.builders import CALIBRATION, CLINIC, DEVICE, QUALITY_MANAGER, SUBJECT
from validation.audit.archive import Archive
from validation.audit.outcome import Outcome
from validation.audit.verify_bundle import verify_bundle

OTHER = SubjectId.derived("other")


@dataclass
class Packed:
    """A finished session whose log has two checkpoints, and everything needed to pack it."""

    done: Finished
    shelf: MemoryShelf
    checkpointer: Checkpointer
    earlier: bytes

    @property
    def report(self) -> ReportId:
        """The report."""
        return self.done.one(ReportIssued).report

    def pack(self, out: Path | io.BytesIO, *, with_frames: bool = True) -> BundleFacts:
        """Pack the bundle."""
        return pack_bundle(
            self.report,
            out,
            log=self.done.day.log,
            blobs=self.done.day.blobs,
            checkpoints=self.shelf,
            log_key=self.checkpointer.key,
            clinic=CLINIC,
            with_frames=with_frames,
        )

    def verify(self, path: Path, outside: bytes | None = None) -> Outcome:
        """Verify a bundle as an auditor who knows the log's key."""
        with Archive(path) as archive:
            return verify_bundle(archive, log_key=self.checkpointer.key, outside=outside)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Packed]:
    """Return a clinic with a finished session, other people's records, and signed checkpoints."""
    with finished(tmp_path_factory.mktemp("packed")) as done:
        shelf = MemoryShelf()
        checkpointer = Checkpointer(
            clinic=CLINIC,
            size=done.day.log.size,
            tree=done.day.log.tree,
            shelf=shelf,
            signer=Ed25519Signer.generate(),
            clock=done.day.clock,
        )
        first = checkpointer.sign()
        assert first is not None
        done.day.enrol(OTHER)
        done.day.agree(Purpose.MARKETING)
        done.day.record(
            DEVICE.stream,
            DeviceBatchRejected(device_sequences=(90,), rule="x", evidence="of another session"),
            by=Actor.service("reception"),
        )
        done.day.record(
            DEVICE.stream,
            CalibrationInvalidated(calibration=CALIBRATION, reason="the rig was dropped"),
            by=Actor.practitioner(QUALITY_MANAGER),
        )
        done.day.work()
        done.day.clock.advance(timedelta(minutes=5))
        checkpointer.sign()
        yield Packed(done=done, shelf=shelf, checkpointer=checkpointer, earlier=first.note)


@pytest.mark.verifies("DRV-25", "REQ-IN-181")
def test_a_bundle_passes_the_offline_verifier_with_key_and_checkpoint_from_elsewhere(
    packed: Packed, tmp_path: Path
) -> None:
    facts = packed.pack(tmp_path / "evidence.zip")
    outcome = packed.verify(tmp_path / "evidence.zip", outside=packed.earlier)
    assert outcome.passed, outcome.to_text()
    told = outcome.to_text()
    assert "WARNING" not in told
    assert "found defective after" in told
    assert "named by digest and not in the bundle" not in told
    assert f"the {facts.checkpoint_size} of the checkpoint" in told


@pytest.mark.verifies("DRV-25")
def test_the_same_evidence_is_packed_into_the_same_bytes(packed: Packed, tmp_path: Path) -> None:
    held = io.BytesIO()
    packed.pack(held)
    packed.done.day.clock.advance(timedelta(days=1))
    packed.pack(tmp_path / "evidence.zip")
    assert held.getvalue() == (tmp_path / "evidence.zip").read_bytes()


@pytest.mark.verifies("DRV-31")
def test_no_identity_and_nobody_elses_record_is_in_a_bundle(packed: Packed, tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"
    packed.pack(path)
    with zipfile.ZipFile(path) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
        manifest = parse_manifest(archive.read(MANIFEST_PATH))
    for secret in (b"Okafor", b"Mina", b"1990-01-01", b"of another session", b"marketing"):
        assert secret not in whole
    records = {(each.name, each.disclosed) for each in manifest.records}
    assert ("SubjectEnrolled", True) in records
    assert ("DeviceBatchRejected", False) in records
    assert ("CalibrationInvalidated", True) in records
    assert ("ConsentGranted", False) in records
    assert "SubjectIdentityLinked" not in {name for name, _ in records}
    assert not [each for each in manifest.records if OTHER in each.stream]


def test_without_frames_a_bundle_still_verifies_and_says_what_is_not_there(
    packed: Packed, tmp_path: Path
) -> None:
    packed.pack(tmp_path / "whole.zip")
    facts = packed.pack(tmp_path / "small.zip", with_frames=False)
    outcome = packed.verify(tmp_path / "small.zip")
    assert outcome.passed, outcome.to_text()
    assert "2 frames are named by digest and not in the bundle" in outcome.to_text()
    assert facts.contents > 0
    assert (tmp_path / "small.zip").stat().st_size < (tmp_path / "whole.zip").stat().st_size


@pytest.mark.verifies("DRV-25")
def test_the_enclosed_verifier_runs_by_itself(packed: Packed, tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"
    packed.pack(path)
    with zipfile.ZipFile(path) as archive:
        archive.extract("verifier/vultus-verify.pyz", tmp_path)
    ran = subprocess.run(
        [
            sys.executable,
            "-P",
            str(tmp_path / "verifier" / "vultus-verify.pyz"),
            "--json",
            str(path),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert json.loads(ran.stdout)["passed"] is True


def test_a_changed_picture_is_found_when_packing(packed: Packed, tmp_path: Path) -> None:
    arrival = next(
        each
        for each in packed.done.day.log.stream(packed.done.session.stream)
        if each.name == "AttemptSubmitted"
    )
    text = arrival.blobs[0][0].hex()
    path = packed.done.folder / "blobs" / text[:2] / text[2:4] / text
    whole = path.read_bytes()
    path.chmod(0o600)
    try:
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(DigestMismatch):
            packed.pack(tmp_path / "evidence.zip")
    finally:
        path.write_bytes(whole)


def test_a_content_that_is_gone_is_found_when_packing(packed: Packed, tmp_path: Path) -> None:
    document = packed.done.one(ReportIssued).document.digest
    name = packed.done.day.blobs.find(document, key=f"subject:{SUBJECT}").name.hex()
    path = packed.done.folder / "blobs" / name[:2] / name[2:4] / name
    aside = path.rename(tmp_path / "aside")
    try:
        with pytest.raises(NotFound, match=str(document)):
            packed.pack(tmp_path / "evidence.zip")
    finally:
        aside.rename(path)


def test_a_report_that_no_checkpoint_covers_has_to_wait(packed: Packed, tmp_path: Path) -> None:
    for shelf in (MemoryShelf(), _only_earlier(packed)):
        with pytest.raises(Unavailable, match="sign one"):
            pack_bundle(
                packed.report,
                tmp_path / "evidence.zip",
                log=packed.done.day.log,
                blobs=packed.done.day.blobs,
                checkpoints=shelf,
                log_key=packed.checkpointer.key,
                clinic=CLINIC,
            )


def test_a_report_that_was_never_issued_is_not_found(packed: Packed, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        pack_bundle(
            ReportId.derived("no", Digest.of(b"x")),
            tmp_path / "evidence.zip",
            log=packed.done.day.log,
            blobs=packed.done.day.blobs,
            checkpoints=packed.shelf,
            log_key=packed.checkpointer.key,
            clinic=CLINIC,
        )


@pytest.mark.verifies("DRV-10")
def test_after_erasure_there_is_nothing_left_to_pack(packed: Packed, tmp_path: Path) -> None:
    report, keys = packed.report, packed.done.day.keys
    assert isinstance(keys, MemoryKeyRing)
    with (
        patch.object(keys, "_destroyed", {f"subject:{SUBJECT}"}),
        patch.object(
            keys,
            "_ciphers",
            {name: each for name, each in keys._ciphers.items() if name != f"subject:{SUBJECT}"},
        ),
        pytest.raises(NotFound, match="erased"),
    ):
        pack_bundle(
            report,
            tmp_path / "evidence.zip",
            log=packed.done.day.log,
            blobs=packed.done.day.blobs,
            checkpoints=packed.shelf,
            log_key=packed.checkpointer.key,
            clinic=CLINIC,
        )


def _only_earlier(packed: Packed) -> MemoryShelf:
    """Return a shelf with a checkpoint made before the report was issued."""
    day = packed.done.day
    shelf = MemoryShelf()
    Checkpointer(
        clinic=CLINIC,
        size=lambda: packed.done.began,
        tree=day.log.tree,
        shelf=shelf,
        signer=Ed25519Signer.generate(),
        clock=day.clock,
    ).sign()
    return shelf
