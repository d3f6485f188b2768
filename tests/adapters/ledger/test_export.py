"""An exported log holds what was stored, and says nothing that was erased."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from adapters.keys.signing import Ed25519Signer
from adapters.ledger.checkpointer import Checkpointer
from adapters.ledger.checkpoints import MemoryShelf
from adapters.ledger.export import Exported, export_log
from domain.errors import NotFound, Unavailable
from domain.events.equipment import DeviceEnrolled
from domain.events.record import StoredBlob
from domain.ledger import export
from domain.ledger.checkpoint import parse_verifier_key
from domain.ledger.entry import commitment, decode_entry
from domain.ledger.export import FRAME_HEAD
from domain.values.content import Digest
from domain.values.identifiers import DeviceId
from tests.contracts.logs import CLINIC, Logs, a_draft, a_run, an_event, for_subject

KEPT, PURGED = b"k" * 32, b"p" * 32


class Blobs:
    """Stored contents, of which one was purged."""

    def stored(self, name: bytes) -> Iterator[bytes]:
        """Yield stored bytes."""
        if name != KEPT:
            message = "purged"
            raise NotFound(message)
        yield from (b"stored ", b"bytes")


def exported(logs: Logs, folder: Path) -> tuple[Exported, list[tuple[int, int]]]:
    """Record all sorts of things and export them."""
    log, stream = logs.open(), logs.new_stream()
    device = DeviceId.derived("export")
    enrolled = DeviceEnrolled(device=device, serial="S", model="M", public_key="00")
    blobs = tuple(
        StoredBlob(content=Digest.of(b""), name=name, stored_digest=bytes(32), size_bytes=1)
        for name in (KEPT, PURGED)
    )
    log.append([a_draft(device.stream, 0, enrolled), *a_run(stream, 600)])
    log.append([replace(for_subject(a_draft(stream, 600)), blobs=blobs)])
    shelf = MemoryShelf()
    checkpointer = Checkpointer(
        clinic=CLINIC,
        size=log.size,
        tree=log.tree,
        shelf=shelf,
        signer=Ed25519Signer.generate(),
        clock=logs.clock,
    )
    checkpointer.sign()
    log.append([a_draft(stream, 601, an_event("after the checkpoint"))])
    steps: list[tuple[int, int]] = []
    done = export_log(
        log,
        folder,
        key=checkpointer.key,
        checkpoints=shelf.all(),
        blobs=Blobs(),
        progress=lambda written, total: steps.append((written, total)),
    )
    return done, steps


@pytest.mark.verifies("DRV-25")
def test_an_export_holds_every_record_as_stored(tmp_path: Path) -> None:
    logs, folder = Logs("memory"), tmp_path / "export"
    done, steps = exported(logs, folder)
    content = (folder / export.RECORDS_PATH).read_bytes()
    assert done == Exported(size=603, digest=Digest.of(content), blobs=1)
    assert steps == [(500, 603), (603, 603)]
    at = len(export.EXPORT_TAG)
    assert content[:at] == export.EXPORT_TAG
    for seq in range(603):
        leaf, entry_size, ciphertext_size = FRAME_HEAD.unpack_from(content, at)
        at += FRAME_HEAD.size
        entry = content[at : at + entry_size]
        at += entry_size + ciphertext_size
        assert sha256(b"\x00" + entry).digest() == leaf
        assert decode_entry(entry).header.seq == seq
        assert sha256(content[at - ciphertext_size : at]).digest() == (
            decode_entry(entry).content_digest
        )
    assert at == len(content)


@pytest.mark.verifies("DRV-25")
def test_an_export_carries_keys_checkpoints_devices_and_contents(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    exported(Logs("memory"), folder)
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert files == [
        f"blobs/{KEPT.hex()}",
        "checkpoints/602.txt",
        "disclosures/0.payload",
        "log-key.txt",
        "records.vultus-log",
    ]
    key = parse_verifier_key((folder / "log-key.txt").read_text().removesuffix("\n"))
    assert key.name == f"vultus/{CLINIC}"
    assert (folder / f"blobs/{KEPT.hex()}").read_bytes() == b"stored bytes"
    disclosed = (folder / "disclosures/0.payload").read_bytes()
    content = (folder / export.RECORDS_PATH).read_bytes()
    assert commitment(disclosed[:32], disclosed[32:]) in content
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_an_export_never_writes_into_a_folder_that_is_there(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        exported(Logs("memory"), tmp_path)
    with pytest.raises(Unavailable):
        exported(Logs("memory"), Path("/proc/nowhere/export"))
    assert list(tmp_path.iterdir()) == []
