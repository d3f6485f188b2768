"""A bucket outside keeps what it has, on storage with conditional writes and without."""

from pathlib import Path
from typing import Any

import obstore
import pytest
from obstore.exceptions import GenericError
from obstore.store import MemoryStore

from adapters.blobs.bucket import Patience, connect
from adapters.ledger.checkpoints import KeptCheckpoint
from adapters.ledger.outside_bucket import OutsideBucket
from domain.errors import IntegrityFailure, NotFound, Unavailable
from tests.contracts.logs import START
from tests.environment.object_store import StorageServer, rclone_in

NOTE = "log\n{}\n\n— log AAAAAAA=\n"


def kept(size: int) -> KeptCheckpoint:
    return KeptCheckpoint(size=size, signed_at=START, note=NOTE.format(size).encode())


@pytest.mark.parametrize("server", ["moto_server", "rclone_server"])
def test_a_bucket_outside_keeps_what_it_has(request: pytest.FixtureRequest, server: str) -> None:
    storage: StorageServer = request.getfixturevalue(server)
    bucket = storage.fresh()
    outside = OutsideBucket.at(bucket)
    assert outside.newest() is None
    assert not outside.has(1)
    for size in (9, 10, 200, 10):
        assert outside.keep(kept(size)) == ()
    outside.keep_file("200.aabbccdd.txt", kept(200).note)
    outside.keep_file("log-key-2.txt", b"statement")
    assert outside.newest() == kept(200).note
    assert outside.has(200)
    again = OutsideBucket.at(bucket)
    assert again.newest() == kept(200).note
    # Another process wrote meanwhile.
    OutsideBucket.at(bucket).keep(kept(1000))
    assert again.newest() == kept(1000).note
    store = connect(bucket)
    obstore.put(store, f"{300:020}.txt", NOTE.format(301).encode())
    with pytest.raises(IntegrityFailure):
        again.keep(kept(300))
    found = sorted(each["path"] for page in obstore.list(store) for each in page)
    sizes = (9, 10, 200, 300, 1000)
    others = ("200.aabbccdd.txt", "log-key-2.txt")
    assert found == sorted((*(f"{size:020}.txt" for size in sizes), *others))


def test_whoever_was_quicker_is_compared_with(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    outside = OutsideBucket("memory", lambda: store)
    obstore.put(store, f"{5:020}.txt", kept(5).note)
    read = OutsideBucket._read
    missed = iter((True, False))

    def miss_once(self: OutsideBucket, name: str) -> bytes:
        if next(missed):
            raise NotFound(name)
        return read(self, name)

    monkeypatch.setattr(OutsideBucket, "_read", miss_once)
    outside.keep(kept(5))


def test_storage_that_knows_no_condition_is_written_to_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = MemoryStore()
    outside = OutsideBucket("memory", lambda: store)
    put = obstore.put

    def plain(*given: Any, mode: str, **more: Any) -> object:  # noqa: ANN401
        if mode == "create":
            message = "Server returned non-2xx status code: 501 Not Implemented"
            raise GenericError(message)
        return put(*given, mode="overwrite", **more)

    monkeypatch.setattr(obstore, "put", plain)
    outside.keep(kept(5))
    assert bytes(obstore.get(store, f"{5:020}.txt").bytes()) == kept(5).note


def test_a_bucket_that_is_away_is_unavailable(tmp_path: Path) -> None:
    storage = rclone_in(tmp_path)  # never started
    quick = Patience(connect_s=0.2, request_s=0.5, retries=0, give_up_s=0.5)
    outside = OutsideBucket("away", lambda: connect(storage.bucket, patience=quick))
    for use in (outside.newest, lambda: outside.keep(kept(5))):
        with pytest.raises(Unavailable):
            use()
