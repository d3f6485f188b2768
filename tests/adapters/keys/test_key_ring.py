"""The key ring on disk: what outlives a process, what reaches other processes, what is refused."""

import fcntl
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.keys import key_folder
from adapters.keys.key_folder import Lookup
from adapters.keys.key_ring import FileKeyRing
from adapters.keys.master_key import create_master_key_file, load_master_key_file
from adapters.keys.wrapping import wrap_record
from domain.errors import (
    ContentErased,
    DigestMismatch,
    IntegrityFailure,
    MalformedInput,
    NotFound,
    RuleViolation,
    Unavailable,
)
from domain.values.identifiers import ClinicId
from tests.adapters.keys.rings import CLINIC_KEY, open_ring, subject_key
from tests.builders import CLINIC

KEY = subject_key("ring")
NONCE = bytes(12)
ROOT = Path(__file__).parents[3]


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[FileKeyRing]:
    """Return a ring with one key."""
    with open_ring(tmp_path) as opened:
        opened.create(KEY)
        yield opened


def _file(folder: Path, key: str = KEY, suffix: str = ".key") -> Path:
    kind, _, name = key.partition(":")
    return folder / "keys" / kind / f"{name}{suffix}"


def _raw(ring: FileKeyRing, key: str = KEY) -> bytes:
    return ring._use(key).key


@pytest.mark.parametrize(
    ("key", "nonce", "content", "associated", "sealed"),
    [
        (
            "b52c505a37d78eda5dd34f20c22540ea1b58963cf8e5bf8ffa85f9f2492505b4",
            "516c33929df5a3284ff463d7",
            "",
            "",
            "bdc1ac884d332457a1d2664f168c76f0",
        ),
        (
            "886cff5f3e6b8d0e1ad0a38fcdb26de97e8acbe79f6bed66959a598fa5047d65",
            "3a8efa1cd74bbab5448f9945",
            "",
            "519fee519d25c7a304d6c6aa1897ee1eb8c59655",
            "f6d47505ec96c98a42dc3ae719877b87",
        ),
        (
            "e5a0eb92cc2b064e1bc80891faf1fab5e9a17a9c3a984e25416720e30e6c2b21",
            "4742357c335913153ff0eb0f",
            "8499893e16b0ba8b007d54665a",
            "",
            "eb8e6175f1fe38eb1acf95fd5188a8b74bb74fda553e91020a23deed45",
        ),
        (
            "92e11dcdaa866f5ce790fd24501f92509aacf4cb8b1339d50c9c1240935dd08b",
            "ac93a1a6145299bde902f21a",
            "2d71bcfa914e4ac045b2aa60955fad24",
            "1e0889016f67601c8ebea4943bc23ad6",
            "8995ae2e6df3dbf96fac7b7137bae67feca5aa77d51d4a0a14d9c51e1da474ab",
        ),
        (
            "37f39137416bafde6f75022a7a527cc593b6000a83ff51ec04871a0ff5360e4e",
            "a291484c3de8bec6b47f525f",
            "fafd94cede8b5a0730394bec68a8e77dba288d6ccaa8e1563a81d6e7ccc7fc97",
            "",
            (
                "44dc868006b21d49284016565ffb3979cc4271d967628bf7cdaf86db888e92e501a2b578aa2f41ec6379a4"
                "4a31cc019c"
            ),
        ),
        (
            "595f259c55abe00ae07535ca5d9b09d6efb9f7e9abb64605c337acbd6b14fc7e",
            "92f258071d79af3e63672285",
            (
                "a6fee33eb110a2d769bbc52b0f36969c287874f665681477a25fc4c48015c541fbe2394133ba490a34ee2d"
                "d67b898177849a91"
            ),
            "",
            (
                "bbca4a9e09ae9690c0f6f8d405e53dccd666aa9c5fa13c8758bc30abe1ddd1bcce0d36a1eaaaaffef20cd3"
                "c5970b9673f8a65c26ccecb9976fd6ac9c2c0f372c52c821"
            ),
        ),
    ],
    ids=["no content", "associated alone", "13 bytes", "block and associated", "two blocks", "51"],
)
def test_sealing_agrees_with_the_vectors_of_nist(
    tmp_path: Path, *, key: str, nonce: str, content: str, associated: str, sealed: str
) -> None:
    # CAVP, gcmEncryptExtIV256.rsp; the specification is SP 800-38D.
    plain, header, tagged = (bytes.fromhex(text) for text in (content, associated, sealed))
    with open_ring(tmp_path) as ring:
        (wrapping,) = ring._wrapping.values()
        ring._folder.add(KEY, lambda: wrap_record(bytes.fromhex(key), name=KEY, by=wrapping))
        assert ring.seal(KEY, bytes.fromhex(nonce), plain, header) == tagged
        assert ring.open(KEY, bytes.fromhex(nonce), tagged, header) == plain


def test_keys_outlive_their_process(tmp_path: Path, ring: FileKeyRing) -> None:
    ring.create(CLINIC_KEY)
    sealed = ring.seal(KEY, NONCE, b"content", b"")
    with open_ring(tmp_path) as again:
        assert again.open(KEY, NONCE, sealed, b"") == b"content"
        assert again.living() == (CLINIC_KEY, KEY)


def test_keys_are_listed_without_the_destroyed(ring: FileKeyRing) -> None:
    others = [subject_key(each) for each in range(3)]
    for key in others:
        ring.create(key)
    ring.destroy(others[1])
    assert ring.living() == tuple(sorted([KEY, others[0], others[2]]))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "subject:",
        "subject:../../etc/passwd",
        f"practitioner:{CLINIC}",
        f"subject:{CLINIC}".upper(),
        f"subject:{CLINIC}\n",
        f"subject:{CLINIC}/x",
    ],
)
def test_what_is_not_the_name_of_a_key_is_refused(ring: FileKeyRing, name: str) -> None:
    for call in (ring.create, ring.destroy, ring.destroyed, lambda key: ring.derive(key, b"")):
        with pytest.raises(MalformedInput):
            call(name)


@pytest.mark.parametrize("size", [0, 8, 11, 13])
def test_a_nonce_of_another_size_is_refused(ring: FileKeyRing, size: int) -> None:
    with pytest.raises(MalformedInput):
        ring.seal(KEY, bytes(size), b"", b"")
    with pytest.raises(MalformedInput):
        ring.open(KEY, bytes(size), bytes(16), b"")


@pytest.mark.verifies("REQ-IN-217")
def test_no_key_lies_in_clear_or_is_shown(
    tmp_path: Path, ring: FileKeyRing, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        ring.create(CLINIC_KEY)
        secrets = [_raw(ring), _raw(ring, CLINIC_KEY)]
        with pytest.raises(DigestMismatch) as refusal:
            ring.open(KEY, NONCE, bytes(32), b"")
        shown = f"{ring!r} {ring._use(KEY)!r} {refusal.value!r} {caplog.text}"
    stored = [path.read_bytes() for path in (tmp_path / "keys").rglob("*") if path.is_file()]
    assert len(stored) == 4  # the lock, the wrapping key and two data keys
    for secret in secrets:
        assert not any(secret in content for content in stored)
        assert secret.hex() not in shown
        assert repr(secret) not in shown


def test_file_names_hold_the_pseudonymous_identifier_alone(
    tmp_path: Path, ring: FileKeyRing
) -> None:
    ring.destroy(KEY)
    identifier = KEY.removeprefix("subject:")
    names = {path.name for path in (tmp_path / "keys" / "subject").iterdir()}
    assert names == {f"{identifier}.destroyed"}


@pytest.mark.verifies("DRV-10")
def test_destroying_overwrites_the_wrapped_key(tmp_path: Path, ring: FileKeyRing) -> None:
    (tmp_path / "same blocks").hardlink_to(_file(tmp_path))
    ring.destroy(KEY)
    content = (tmp_path / "same blocks").read_bytes()
    assert content == bytes(len(content)) != b""


@pytest.mark.verifies("DRV-10")
def test_a_key_file_put_back_after_destruction_stays_useless(
    tmp_path: Path, ring: FileKeyRing
) -> None:
    copy = _file(tmp_path).read_bytes()
    sealed = ring.seal(KEY, NONCE, b"content", b"")
    ring.destroy(KEY)
    _file(tmp_path).write_bytes(copy)
    _file(tmp_path).chmod(0o600)
    with pytest.raises(ContentErased):
        ring.open(KEY, NONCE, sealed, b"")
    with open_ring(tmp_path) as again:
        assert not _file(tmp_path).exists()
        with pytest.raises(ContentErased):
            again.open(KEY, NONCE, sealed, b"")
        with pytest.raises(ContentErased):
            again.create(KEY)


def test_what_a_crash_left_is_finished_by_the_next_opening(
    tmp_path: Path, ring: FileKeyRing
) -> None:
    ring.derive(KEY, b"")  # from now on it is in memory
    _file(tmp_path, suffix=".destroyed").write_bytes(b"")  # the tombstone, and no removal yet
    unfinished = _file(tmp_path).with_name(".some.key.0123.part")
    unfinished.write_bytes(b"half a key")
    with pytest.raises(ContentErased):
        ring.derive(KEY, b"")
    with open_ring(tmp_path) as again:
        assert again.living() == ()
    assert {path.name for path in _file(tmp_path).parent.iterdir()} == {
        _file(tmp_path, suffix=".destroyed").name
    }


def test_destroying_takes_the_key_out_of_memory(ring: FileKeyRing) -> None:
    ring.derive(KEY, b"")
    assert KEY in ring._unwrapped
    ring.destroy(KEY)
    assert KEY not in ring._unwrapped


@pytest.mark.parametrize("overwritten", [False, True])
def test_a_key_destroyed_while_it_is_read_is_refused_and_forgotten(
    tmp_path: Path, ring: FileKeyRing, monkeypatch: pytest.MonkeyPatch, *, overwritten: bool
) -> None:
    read = ring._folder.read

    def read_while_destroyed(key: str) -> bytes:
        record = read(key)
        assert record is not None
        with open_ring(tmp_path) as other:
            other.destroy(key)
        return bytes(len(record)) if overwritten else record

    monkeypatch.setattr(ring._folder, "read", read_while_destroyed)
    with pytest.raises(ContentErased):
        ring.derive(KEY, b"")
    assert KEY not in ring._unwrapped


OTHER_PROCESS = """
import sys
from pathlib import Path
from domain.errors import ContentErased
from tests.adapters.keys.rings import open_ring
ring = open_ring(Path(sys.argv[1]))
print(ring.derive(sys.argv[2], b"purpose").hex(), flush=True)
for line in sys.stdin:
    try:
        print(ring.derive(sys.argv[2], b"purpose").hex(), flush=True)
    except ContentErased:
        print("erased", len(ring._unwrapped), flush=True)
"""


@pytest.mark.verifies("DRV-10")
def test_another_process_with_the_key_in_memory_sees_its_destruction(
    tmp_path: Path, ring: FileKeyRing
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, str(tmp_path), KEY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None

        def ask() -> str:
            assert other.stdin is not None
            assert other.stdout is not None
            other.stdin.write("again\n")
            other.stdin.flush()
            return other.stdout.readline().strip()

        derived = ring.derive(KEY, b"purpose").hex()
        assert other.stdout.readline().strip() == derived
        assert ask() == derived
        ring.destroy(KEY)
        assert ask() == "erased 0"
        other.stdin.close()
    assert other.returncode == 0


def test_threads_never_use_a_key_after_its_destruction_returned(tmp_path: Path) -> None:
    with open_ring(tmp_path) as ring:
        for attempt in range(10):
            key = subject_key(attempt)
            ring.create(key)
            destroyed = threading.Event()
            late: list[bytes] = []
            refused: list[str] = []

            def use(
                key: str = key,
                destroyed: threading.Event = destroyed,
                late: list[bytes] = late,
                refused: list[str] = refused,
            ) -> None:
                while True:
                    after = destroyed.is_set()
                    try:
                        derived = ring.derive(key, b"")
                    except ContentErased as error:
                        refused.append(error.rule)
                        return
                    if after:
                        late.append(derived)
                        return

            threads = [threading.Thread(target=use) for _ in range(4)]
            for thread in threads:
                thread.start()
            ring.destroy(key)
            destroyed.set()
            for thread in threads:
                thread.join()
            assert not late
            assert len(refused) == len(threads)
            assert key not in ring._unwrapped


def test_few_keys_stay_in_memory_and_all_stay_usable(tmp_path: Path) -> None:
    with open_ring(tmp_path, keys_in_memory=3) as ring:
        keys = [subject_key(each) for each in range(8)]
        for key in keys:
            ring.create(key)
        derived = [ring.derive(key, b"") for key in keys]
        assert [ring.derive(key, b"") for key in keys] == derived
        assert list(ring._unwrapped) == keys[-3:]
        ring.derive(keys[-3], b"")
        ring.derive(keys[0], b"")
        assert list(ring._unwrapped) == [keys[-1], keys[-3], keys[0]]


def test_a_key_file_that_was_taken_away_is_not_used_from_memory(
    tmp_path: Path, ring: FileKeyRing
) -> None:
    ring.derive(KEY, b"")
    _file(tmp_path).unlink()
    with pytest.raises(NotFound):
        ring.derive(KEY, b"")


def test_a_changed_key_file_is_refused(tmp_path: Path, ring: FileKeyRing) -> None:
    whole = _file(tmp_path).read_bytes()
    other = subject_key("other")
    ring.create(other)
    flipped = whole[:-1] + bytes([whole[-1] ^ 1])
    for content in (b"", whole[:-1], flipped, _file(tmp_path, other).read_bytes()):
        _file(tmp_path).write_bytes(content)
        with pytest.raises(DigestMismatch):
            ring.derive(KEY, b"")
    _file(tmp_path).write_bytes(whole)
    _file(tmp_path).chmod(0o644)
    with pytest.raises(RuleViolation, match="open to other users"):
        ring.derive(KEY, b"")


def test_a_ring_does_not_open_under_another_master_key_or_for_another_clinic(
    tmp_path: Path, ring: FileKeyRing
) -> None:
    master = load_master_key_file(tmp_path / "master.key")
    other = create_master_key_file(tmp_path / "other.key")
    with pytest.raises(RuleViolation, match=master.identity):
        FileKeyRing(tmp_path / "keys", clinic=CLINIC, master=other)
    with pytest.raises(DigestMismatch):
        FileKeyRing(tmp_path / "keys", clinic=ClinicId.derived("another"), master=master)
    assert ring.derive(KEY, b"")


def test_a_lost_wrapping_key_is_not_silently_replaced(tmp_path: Path, ring: FileKeyRing) -> None:
    (tmp_path / "keys" / "wrapping" / "1.key").unlink()
    with pytest.raises(IntegrityFailure, match="gone"):
        open_ring(tmp_path)
    assert ring.derive(KEY, b"")


def test_a_ring_open_to_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)
    with pytest.raises(RuleViolation, match="chmod 700"):
        open_ring(tmp_path)


def test_a_renewed_wrapping_key_wraps_new_keys_and_old_ones_stay_readable(
    tmp_path: Path, ring: FileKeyRing
) -> None:
    before = ring.derive(KEY, b"")
    master = load_master_key_file(tmp_path / "master.key")
    record = wrap_record(bytes(range(32)), name=f"clinic-wrapping:{CLINIC}/2", by=master)
    (tmp_path / "keys" / "wrapping" / "2.key").write_bytes(record)
    (tmp_path / "keys" / "wrapping" / "2.key").chmod(0o600)
    newer = subject_key("newer")
    with open_ring(tmp_path) as renewed:
        renewed.create(newer)
        assert renewed.derive(KEY, b"") == before
        assert renewed.derive(newer, b"")
    assert f"{CLINIC}/1".encode() in _file(tmp_path).read_bytes()
    assert f"{CLINIC}/2".encode() in _file(tmp_path, newer).read_bytes()


def test_a_closed_ring_holds_no_key(tmp_path: Path) -> None:
    ring = open_ring(tmp_path)
    ring.create(KEY)
    ring.derive(KEY, b"")
    ring.close()
    ring.close()
    assert not ring._unwrapped


@pytest.mark.verifies("DRV-10")
def test_what_is_done_in_one_go_looks_each_key_up_once_and_the_next_one_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    is_usable = Lookup.is_usable

    def counted(lookup: Lookup) -> bool:
        looked.append(lookup.file)
        return is_usable(lookup)

    with open_ring(tmp_path) as ring, open_ring(tmp_path) as other:
        ring.create(KEY)
        ring.create(CLINIC_KEY)
        sealed = ring.seal(KEY, NONCE, b"content", b"")
        ring.seal(CLINIC_KEY, NONCE, b"content", b"")
        monkeypatch.setattr(Lookup, "is_usable", counted)
        moment = ring.momentary()
        for _ in range(5):
            assert moment.open(KEY, NONCE, sealed, b"") == b"content"
            moment.seal(CLINIC_KEY, NONCE, b"content", b"")
        assert len(looked) == 2
        other.destroy(KEY)
        with pytest.raises(ContentErased):
            ring.momentary().open(KEY, NONCE, sealed, b"")


def test_nobody_waits_for_ever_for_whoever_stands_still_with_the_lock(
    ring: FileKeyRing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_folder, "LOCK_TIMEOUT_S", 0.1)
    other = subject_key("other")
    with (tmp_path / "keys" / "lock").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(Unavailable, match="stayed locked"):
            ring.create(other)
    ring.create(other)
