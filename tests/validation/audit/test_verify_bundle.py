"""Evidence bundles: an honest one passes; each way of tampering fails at its step, in words."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.errors import MalformedInput
from domain.ledger import bundle, proof_file
from domain.ledger.checkpoint import (
    Checkpoint,
    VerifierKey,
    encode_body,
    encode_note,
    parse_note,
    sign_checkpoint,
)
from domain.ledger.entry import decode_entry, encode_entry
from domain.ledger.links import Link
from tests.domain.ledger.logs import ORIGIN, device_key
from tests.validation.audit.facts import CONSENT, MODEL, Fact, digest
from tests.validation.audit.packing import (
    EARLIER,
    LOG_KEY,
    Files,
    pack,
    sign,
    write_zip,
)
from tests.validation.audit.stories import FRAMES, clinic_story
from validation.audit.archive import Archive
from validation.audit.outcome import Outcome
from validation.audit.verify_bundle import verify_bundle

CONTAINER, ENTRIES, CHAINS, INCLUSION, SIGNATURE, OUTSIDE = 1, 2, 3, 4, 5, 6
PAYLOADS, DEVICES, CONTENTS, TRACE, CONCLUSION = 7, 8, 9, 10, 11

STORY = clinic_story()
LOG = STORY.log()
FILES = pack(STORY, LOG)
LAST = len(LOG.records)


def verify(
    folder: Path,
    files: Files,
    *,
    log_key: VerifierKey | None = LOG_KEY,
    outside: bytes | None = None,
) -> Outcome:
    """Verify files as a bundle."""
    with Archive(write_zip(folder / "bundle.zip", files)) as archive:
        return verify_bundle(archive, log_key=log_key, outside=outside)


def failures(outcome: Outcome) -> dict[int, list[str]]:
    """Return what was found wrong, by step, without the conclusion."""
    return {
        step.number: step.failures
        for step in outcome.steps
        if step.failures and step.number != CONCLUSION
    }


def changed(**files: bytes | None) -> Files:
    """Return the honest bundle with files replaced or, given None, left out."""
    return {name: data for name, data in (FILES | files).items() if data is not None}


def reindexed(change: Callable[[bundle.Manifest], bundle.Manifest]) -> Files:
    """Return the honest bundle with another index."""
    manifest = change(bundle.parse_manifest(FILES[bundle.MANIFEST_PATH]))
    return changed(**{bundle.MANIFEST_PATH: bundle.encode_manifest(manifest)})


def flip(data: bytes, place: int = -1) -> bytes:
    """Return the bytes with one bit flipped."""
    turned = bytearray(data)
    turned[place] ^= 1
    return bytes(turned)


@pytest.mark.verifies(
    "DRV-25", "REQ-IN-181", "REQ-IN-182", "REQ-IN-183", "REQ-IN-184", "REQ-IN-185"
)
def test_an_honest_bundle_passes_every_step(tmp_path: Path) -> None:
    outcome = verify(tmp_path, FILES, outside=sign(LOG.checkpoint(EARLIER)))
    assert failures(outcome) == {}
    assert outcome.passed
    assert [step.number for step in outcome.steps] == list(range(1, 12))


@pytest.mark.verifies("DRV-25")
def test_a_key_that_comes_with_the_bundle_is_said_aloud(tmp_path: Path) -> None:
    outcome = verify(tmp_path, FILES, log_key=None)
    assert outcome.passed
    assert "WARNING" in outcome.steps[SIGNATURE - 1].notes[0]
    assert any("came with the bundle" in note for note in outcome.steps[-1].notes)


def test_specification_and_verifier_may_be_enclosed_and_are_no_evidence(tmp_path: Path) -> None:
    outcome = verify(
        tmp_path, FILES | {"SPECIFICATION.md": b"text", "verifier/domain/errors.py": b"code"}
    )
    assert outcome.passed
    assert "SPECIFICATION.md is enclosed and is not evidence" in outcome.steps[0].notes


@pytest.mark.parametrize("name", sorted(set(FILES) - {"manifest.json", "checkpoint.txt"}))
def test_every_file_left_out_is_named(tmp_path: Path, name: str) -> None:
    assert f"{name} is missing" in failures(verify(tmp_path, changed(**{name: None})))[CONTAINER]


def test_a_file_that_does_not_belong_is_named(tmp_path: Path) -> None:
    found = failures(verify(tmp_path, FILES | {"entries/99.entry": b""}))
    assert found == {CONTAINER: ["entries/99.entry does not belong to the bundle"]}


@pytest.mark.verifies("REQ-IN-002", "DRV-25")
@pytest.mark.parametrize("name", sorted(set(FILES) - {"manifest.json", "checkpoint.txt"}))
def test_every_file_with_a_flipped_bit_is_found(tmp_path: Path, name: str) -> None:
    place = len(FILES[name]) // 2
    assert failures(verify(tmp_path, changed(**{name: flip(FILES[name], place)})))


@pytest.mark.verifies("REQ-IN-002")
def test_an_edited_entry_is_named(tmp_path: Path) -> None:
    name = bundle.entry_path(8)
    entry = decode_entry(FILES[name])
    forged = encode_entry(replace(entry, header=replace(entry.header, committed_at_us=1)))
    found = failures(verify(tmp_path, changed(**{name: forged})))
    assert found.keys() == {CHAINS, INCLUSION}
    assert "record 8 is not proven to be in the log" in found[INCLUSION][0]
    assert "record 9" in found[CHAINS][0]


def test_an_unreadable_entry_is_named(tmp_path: Path) -> None:
    found = failures(verify(tmp_path, changed(**{bundle.entry_path(4): b"garbage"})))
    assert "record 4: " in found[ENTRIES][0]


@pytest.mark.verifies("REQ-IN-002")
def test_two_swapped_entries_are_named(tmp_path: Path) -> None:
    one, other = bundle.entry_path(3), bundle.entry_path(4)
    found = failures(verify(tmp_path, changed(**{one: FILES[other], other: FILES[one]})))
    assert len(found[ENTRIES]) == 2
    assert "record 3 is ModelRegistered" in found[ENTRIES][0]


@pytest.mark.verifies("REQ-IN-002")
def test_an_entry_with_another_previous_hash_breaks_its_chain(tmp_path: Path) -> None:
    name = bundle.entry_path(1)
    entry = decode_entry(FILES[name])
    found = failures(
        verify(tmp_path, changed(**{name: encode_entry(replace(entry, previous=b"\x01" * 32))}))
    )
    assert "does not carry the hash" in found[CHAINS][0]


def test_a_proof_for_another_record_or_checkpoint_is_named(tmp_path: Path) -> None:
    name = bundle.proof_path(2)
    proof = proof_file.parse(FILES[name])
    for wrong in (replace(proof, index=3), replace(proof, checkpoint=b"another\n")):
        found = failures(verify(tmp_path, changed(**{name: proof_file.encode(wrong)})))
        assert found == {INCLUSION: ["the proof of record 2 is for another record or checkpoint"]}


def test_a_checkpoint_signed_by_another_key_fails(tmp_path: Path) -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    key = VerifierKey(name=ORIGIN, public_key=stranger.public_key().public_bytes_raw())
    found = failures(verify(tmp_path, FILES, log_key=key))
    assert found == {SIGNATURE: [f"the note carries no signature of the key {ORIGIN}"]}


def test_a_bundle_whose_key_and_checkpoint_were_replaced_fails_for_whoever_knows_the_key(
    tmp_path: Path,
) -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    key = VerifierKey(name=ORIGIN, public_key=stranger.public_key().public_bytes_raw())
    files = changed(
        **{bundle.CHECKPOINT_PATH: sign_checkpoint(LOG.checkpoint(), key, stranger.sign)}
    )
    assert SIGNATURE in failures(verify(tmp_path, files))


@pytest.mark.verifies("DRV-03")
def test_a_log_that_does_not_continue_the_outside_checkpoint_fails(tmp_path: Path) -> None:
    other = Checkpoint(origin=ORIGIN, size=EARLIER, root=b"\x01" * 32)
    found = failures(verify(tmp_path, FILES, outside=sign(other)))
    assert "does not lead to the root at 7 leaves" in found[OUTSIDE][0]
    same = replace(other, size=LAST)
    assert "different roots" in failures(verify(tmp_path, FILES, outside=sign(same)))[OUTSIDE][0]


def test_the_outside_checkpoint_may_be_the_same_or_the_empty_one(tmp_path: Path) -> None:
    for size in (LAST, 0):
        assert verify(tmp_path, FILES, outside=sign(LOG.checkpoint(size))).passed


@pytest.mark.parametrize("size", [EARLIER + 1, LAST + 1])
def test_an_outside_checkpoint_without_a_proof_fails_and_says_what_to_ask_for(
    tmp_path: Path, size: int
) -> None:
    outside = sign(Checkpoint(origin=ORIGIN, size=size, root=bytes(32)))
    found = failures(verify(tmp_path, FILES, outside=outside))
    assert "ask for a bundle made for it" in found[OUTSIDE][0]


def test_an_outside_checkpoint_that_the_log_did_not_sign_fails(tmp_path: Path) -> None:
    signed = parse_note(sign(LOG.checkpoint(EARLIER)))
    other = encode_body(Checkpoint(origin=ORIGIN, size=EARLIER, root=bytes(32)))
    outside = encode_note(replace(signed, text=other))
    found = failures(verify(tmp_path, FILES, outside=outside))
    assert "outside checkpoint of 7 records" in found[OUTSIDE][0]


@pytest.mark.verifies("DRV-25")
def test_a_disclosure_that_was_changed_is_named(tmp_path: Path) -> None:
    name = bundle.disclosure_path(6)
    forged = FILES[name].replace(b"clinical-capture", b"research-capture")
    found = failures(verify(tmp_path, changed(**{name: forged})))
    assert found[PAYLOADS] == ["record 6 (ConsentGranted) does not say what is disclosed"]


def test_a_disclosure_without_payload_is_named(tmp_path: Path) -> None:
    found = failures(verify(tmp_path, changed(**{bundle.disclosure_path(6): bytes(32)})))
    assert "the disclosure of record 6" in found[PAYLOADS][0]


@pytest.mark.verifies("DRV-05")
def test_a_forged_device_signature_is_named(tmp_path: Path) -> None:
    story = clinic_story()
    story.key = device_key(2)
    found = failures(verify(tmp_path, pack(story)))
    assert found.keys() == {DEVICES}
    assert len(found[DEVICES]) == 3
    assert "record 10 (AttemptSubmitted) carries a signature" in found[DEVICES][-1]


@pytest.mark.verifies("DRV-05")
def test_a_device_whose_enrolment_is_not_disclosed_proves_nothing(tmp_path: Path) -> None:
    story = clinic_story()
    story.fact("DeviceEnrolled").disclosed = False
    found = failures(verify(tmp_path, pack(story)))
    assert "which no disclosed record before it enrols" in found[DEVICES][0]
    assert "whose enrolment is not disclosed" in found[TRACE][0]


def test_a_device_enrolled_with_no_key_or_as_another_device_is_named(tmp_path: Path) -> None:
    story = clinic_story()
    story.change("DeviceEnrolled", "public_key", "00")
    assert "no P-256 key" in failures(verify(tmp_path, pack(story)))[DEVICES][0]
    story.change("DeviceEnrolled", "device", "other")
    assert "another device" in failures(verify(tmp_path, pack(story)))[DEVICES][0]


@pytest.mark.verifies("DRV-05")
def test_a_device_sequence_that_falls_is_named(tmp_path: Path) -> None:
    story = clinic_story()
    log = story.log()
    # The second of the device's records is signed again with the first one's number.
    entry = decode_entry(log.records[2].entry)
    lowered = encode_entry(replace(entry, header=replace(entry.header, device_sequence=1)))
    files = changed(**{bundle.entry_path(2): lowered})
    assert "does not raise the sequence" in failures(verify(tmp_path, files))[DEVICES][0]


@pytest.mark.verifies("REQ-IN-002", "DRV-25")
@pytest.mark.parametrize("content", [*FRAMES, MODEL, STORY.document])
def test_a_swapped_frame_model_or_report_is_named(tmp_path: Path, content: bytes) -> None:
    text = digest(content)
    name = f"blobs/{text.removeprefix('sha256:')}"
    found = failures(verify(tmp_path, changed(**{name: flip(content)})))
    assert found == {CONTENTS: [f"the content {text} has been changed"]}


def test_a_content_that_nobody_names_is_named(tmp_path: Path) -> None:
    story = clinic_story()
    story.contents[digest(b"stowaway")] = b"stowaway"
    found = failures(verify(tmp_path, pack(story)))
    assert found == {CONTENTS: [f"no disclosed record names the content {digest(b'stowaway')}"]}


def test_an_index_with_another_size_or_other_links_is_named(tmp_path: Path) -> None:
    sized = reindexed(
        lambda index: replace(
            index, blobs=(replace(index.blobs[0], size_bytes=1), *index.blobs[1:])
        )
    )
    assert "not the size" in failures(verify(tmp_path, sized))[CONTENTS][0]
    invented = reindexed(
        lambda index: replace(
            index, links=(Link(seq=0, field="a", to=index.links[0].to), *index.links)
        )
    )
    assert "the index claims" in failures(verify(tmp_path, invented))[CONTENTS][0]
    silent = reindexed(lambda index: replace(index, links=index.links[1:]))
    assert "the index leaves out" in failures(verify(tmp_path, silent))[CONTENTS][0]


def test_an_index_that_names_another_report_is_named(tmp_path: Path) -> None:
    other = reindexed(lambda index: replace(index, report_seq=17))
    assert "record 17 is not a disclosed ReportIssued" in failures(verify(tmp_path, other))[TRACE]
    document = reindexed(
        lambda index: replace(index, report_digest=bytes.fromhex(digest(FRAMES[0])[7:]))
    )
    assert "issued another document" in failures(verify(tmp_path, document))[TRACE][0]


def test_a_stream_shown_in_part_is_said_to_be(tmp_path: Path) -> None:
    story = clinic_story()
    story.insert(
        Fact(f"access-{CONSENT}", "OperatorAuthenticated", {}), after="ReauthenticationPerformed"
    )
    story.fact("ReauthenticationPerformed").stream = f"access-{CONSENT}"
    story.move("ReauthenticationPerformed", after="OperatorAuthenticated")
    story.fact("OperatorAuthenticated").packed = False
    files = pack(story)
    outcome = verify(tmp_path, files)
    assert outcome.passed
    assert any("version 2 is here without" in note for note in outcome.steps[CHAINS - 1].notes)


@pytest.mark.parametrize("name", [bundle.MANIFEST_PATH, bundle.CHECKPOINT_PATH])
def test_a_bundle_without_readable_index_or_checkpoint_is_unusable(
    tmp_path: Path, name: str
) -> None:
    for data in (None, b"garbage"):
        with pytest.raises(MalformedInput):
            verify(tmp_path, changed(**{name: data}))


def test_an_outside_checkpoint_that_is_none_is_unusable(tmp_path: Path) -> None:
    with pytest.raises(MalformedInput):
        verify(tmp_path, FILES, outside=b"garbage")
