"""A backup is believed only after every byte of it was compared; what is wrong is named."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.backup import segment as layout
from adapters.backup.document import write_document
from adapters.backup.reading import beside_of, examine, records, stored_records
from adapters.keys.signing import Ed25519Signer
from domain.errors import ChainBroken, IntegrityFailure, RuleViolation, SignatureInvalid
from domain.ledger.checkpoint import Checkpoint, VerifierKey, sign_checkpoint
from domain.values.time import ServerTime
from tests.adapters.backup.bench import Bench
from tests.contracts.logs import START, SUBJECT_KEY, Logs

SIZES = (3, 6, 9)


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(Logs("memory"))


@pytest.fixture(scope="module")
def whole(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup in three segments, one second apart."""
    folder = tmp_path_factory.mktemp("reading") / "backup"
    for number in range(3):
        bench.record(3, content=f"picture {number}".encode(), request=f"request {number}")
        bench.logs.clock.advance(timedelta(seconds=1))
        (bench.add if number else bench.back_up)(folder)
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "backup")
    return tmp_path / "backup"


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 1
    path.write_bytes(content)


def swap(one: Path, other: Path) -> int:
    first, second = one.read_bytes(), other.read_bytes()
    return one.write_bytes(second) + other.write_bytes(first)


def manifest(folder: Path, number: int = 2) -> Path:
    return layout.manifest_path(folder, number)


def of_records(folder: Path, number: int = 2) -> Path:
    return layout.records_path(folder, number)


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a changed identity": (lambda f: flip(f / "backup.json", 20), r"backup\.json"),
    "a changed manifest": (lambda f: flip(manifest(f), 30), r"00000002\.json"),
    "a cut manifest": (lambda f: manifest(f).write_bytes(b""), r"00000002\.json"),
    "a changed record": (lambda f: flip(of_records(f), 200), r"00000002\.vultus-log"),
    "a changed end": (lambda f: flip(of_records(f), -1), r"00000002\.vultus-log"),
    "a changed tag": (lambda f: flip(of_records(f), 0), r"00000002\.vultus-log"),
    "a cut file": (
        lambda f: of_records(f).write_bytes(of_records(f).read_bytes()[:-1]),
        r"00000002\.vultus-log",
    ),
    "a missing manifest": (lambda f: manifest(f).unlink(), r"00000002\.json is missing"),
    "missing records": (lambda f: of_records(f).unlink(), r"00000002\.vultus-log is missing"),
    "all manifests missing": (
        lambda f: list(map(Path.unlink, (f / "segments").glob("*.json"))),
        r"00000001\.json is missing",
    ),
    "swapped manifests": (lambda f: swap(manifest(f), manifest(f, 3)), r"00000002\.json"),
    "swapped records": (lambda f: swap(of_records(f), of_records(f, 3)), r"00000002\.vultus-log"),
    "swapped segments": (
        lambda f: [swap(path(f), path(f, 3)) for path in (of_records, manifest)],
        r"00000002\.json",
    ),
}


@pytest.mark.verifies("DRV-35")
@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_refused_with_the_name_of_the_file(copy: Path, what: str) -> None:
    damage, words = DAMAGE[what]
    damage(copy)
    with pytest.raises(IntegrityFailure, match=words):
        examine(copy)


@given(place=st.integers(0, 1 << 20), number=st.integers(1, 3))
def test_any_flipped_byte_of_any_record_is_found(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, place: int, number: int
) -> None:
    path = of_records(whole, number)
    before = path.read_bytes()
    try:
        flip(path, place)
        with pytest.raises(IntegrityFailure, match=path.name):
            examine(whole)
    finally:
        path.write_bytes(before)


def test_a_backup_without_its_end_is_a_shorter_one_which_an_outside_checkpoint_tells(
    bench: Bench, copy: Path
) -> None:
    newest = bench.shelf.all()[-1].note
    manifest(copy, 3).unlink()
    assert examine(copy).size == 6
    assert examine(copy, outside=[newest]).beyond == (9,)


def test_outside_checkpoints_are_compared_within(bench: Bench, whole: Path) -> None:
    notes = [each.note for each in bench.shelf.all()]
    survey = examine(whole, outside=notes)
    assert (survey.size, survey.root, survey.beyond) == (9, bench.log.tree.root(9), ())
    signer = Ed25519Signer.generate()
    stranger = VerifierKey(name=bench.identity.key.name, public_key=signer.public_key())
    other = Checkpoint(origin=stranger.name, size=5, root=bytes(32))
    with pytest.raises(SignatureInvalid):
        examine(whole, outside=[sign_checkpoint(other, stranger, signer.sign)])
    forked = sign_checkpoint(other, bench.identity.key, bench.signer.sign)
    with pytest.raises(ChainBroken, match="kept elsewhere"):
        examine(whole, outside=[forked])
    two = sign_checkpoint(
        Checkpoint(origin=stranger.name, size=5, root=bytes(31) + b"1"),
        bench.identity.key,
        bench.signer.sign,
    )
    with pytest.raises(ChainBroken, match="differ"):
        examine(whole, outside=[forked, two])


@pytest.mark.parametrize(
    ("until", "end"),
    [
        (0, 3),  # its append ended there
        (2, 3),
        (3, 6),
        (8, 9),
        (1000, 9),
        (START, 3),
        (ServerTime(START.us + 999_999), 3),
        (ServerTime(START.us + 1_000_000), 6),
        (ServerTime(START.us + 9_000_000), 9),
        (ServerTime(START.us - 1), 0),
    ],
)
def test_a_point_in_time_never_cuts_an_append_in_two(
    bench: Bench, whole: Path, until: int | ServerTime, end: int
) -> None:
    survey = examine(whole, until=until)
    assert (survey.size, survey.end) == (9, end)
    assert survey.end_root == bench.log.tree.root(end)
    assert len(list(records(whole, survey))) == end
    assert survey.data_keys == ({SUBJECT_KEY, f"clinic:{bench.identity.clinic}"} if end else set())


def test_what_lay_beside_is_that_of_the_run_that_covers_the_point(whole: Path) -> None:
    assert beside_of(examine(whole, until=0)) == b"beside"
    assert beside_of(examine(whole, until=3)) == b"later"


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleViolation, match="holds no backup"):
        examine(tmp_path)
    (tmp_path / "begun.json").write_bytes(b"")
    with pytest.raises(RuleViolation, match="never completed"):
        examine(tmp_path)


def test_a_backup_of_another_format_is_refused(copy: Path) -> None:
    write_document(copy / "backup.json", {"format": "vultus/backup/v9"})
    with pytest.raises(RuleViolation, match="v9"):
        examine(copy)
    write_document(copy / "backup.json", {"format": layout.FORMAT, "clinic": "?"})
    with pytest.raises(IntegrityFailure, match=r"backup\.json"):
        examine(copy)


def test_every_record_of_a_log_can_be_had_as_stored(bench: Bench) -> None:
    assert list(stored_records(bench.log)) == list(bench.log.sealed_after(-1, limit=100))
