"""Witnesses that a reader names, and keys that followed one another, in bundles and exports."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.ledger import bundle, export
from domain.ledger.checkpoint import (
    COSIGNATURE,
    VerifierKey,
    encode_body,
    encode_verifier_key,
    parse_note,
    sign_checkpoint,
    with_signatures,
)
from domain.ledger.cosignature import cosign
from domain.ledger.log_keys import Succession, sign_succession
from tests.domain.ledger.logs import ORIGIN, clinic_log
from tests.validation.audit.packing import (
    EARLIER,
    LOG_KEY,
    LOG_SECRET,
    Files,
    pack,
    sign,
    write_export,
    write_zip,
)
from tests.validation.audit.stories import clinic_story
from validation.audit.archive import Archive
from validation.audit.authority import Trust
from validation.audit.cli import FAILED, PASSED, UNUSABLE, main
from validation.audit.outcome import Outcome
from validation.audit.verify_bundle import verify_bundle
from validation.audit.verify_log import verify_log

SIGNATURE, OUTSIDE = 5, 6
WHEN = 1_772_528_400
SECRETS = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (7, 8, 9)]
WITNESSES = tuple(
    VerifierKey(
        name=f"witness.example/{number}",
        public_key=each.public_key().public_bytes_raw(),
        kind=COSIGNATURE,
    )
    for number, each in enumerate(SECRETS[:2])
)
LATER = VerifierKey(name=ORIGIN, public_key=SECRETS[2].public_key().public_bytes_raw())
STORY = clinic_story()
LOG = STORY.log()
FILES = pack(STORY, LOG)
SIZE = len(LOG.records)


def cosigned(note: bytes, *witnesses: int) -> bytes:
    """Return a note with the lines of these witnesses."""
    text = parse_note(note).text
    lines = (cosign(text, WHEN, WITNESSES[each], SECRETS[each].sign) for each in witnesses)
    return with_signatures(note, lines)


def with_note(note: bytes, **more: bytes) -> Files:
    """Return the honest bundle with its checkpoint signed otherwise."""
    old = FILES[bundle.CHECKPOINT_PATH]
    return {name: data.replace(old, note) for name, data in FILES.items()} | more


def verify(
    folder: Path, files: Files, trust: Trust | None = None, outside: bytes | None = None
) -> Outcome:
    with Archive(write_zip(folder / "bundle.zip", files)) as archive:
        return verify_bundle(archive, trust=trust or Trust(log_key=LOG_KEY), outside=outside)


def wrong(outcome: Outcome, step: int) -> list[str]:
    return outcome.steps[step - 1].failures


def succession(first: int, last: int) -> bytes:
    made = Succession(earlier=LOG_KEY, later=LATER, from_size=first, until_size=last)
    return sign_succession(made, LOG_SECRET.sign, SECRETS[2].sign)


def test_a_bundle_says_who_cosigned_it_and_when(tmp_path: Path) -> None:
    files = with_note(cosigned(FILES[bundle.CHECKPOINT_PATH], 0, 1))
    outcome = verify(tmp_path, files, Trust(log_key=LOG_KEY, witnesses=WITNESSES))
    assert outcome.passed
    notes = outcome.steps[OUTSIDE - 1].notes
    assert f"cosigned by {WITNESSES[0].name} at 2026-03-03T09:00:00Z, at {SIZE} records" in notes
    assert "cosigned by 2 of 2 witnesses asked for" in notes
    assert not any("not on its only history" in each for each in outcome.steps[-1].notes)


def test_a_witness_that_was_asked_for_and_did_not_sign_fails(tmp_path: Path) -> None:
    files = with_note(cosigned(FILES[bundle.CHECKPOINT_PATH], 1))
    outcome = verify(tmp_path, files, Trust(log_key=LOG_KEY, witnesses=WITNESSES))
    assert wrong(outcome, OUTSIDE) == [
        f"no checkpoint here is cosigned by the witness {WITNESSES[0].name}"
    ]
    assert "cosigned by 1 of 2 witnesses asked for" in outcome.steps[OUTSIDE - 1].notes
    asked = Trust(log_key=LOG_KEY, witnesses=WITNESSES[:1])
    # An outside checkpoint that the bundle continues does as well.
    earlier = cosigned(sign(LOG.checkpoint(EARLIER)), 0)
    assert verify(tmp_path, files, asked, outside=earlier).passed
    assert "not asked for" in verify(tmp_path, files).steps[OUTSIDE - 1].notes[1]


def test_a_wrong_cosignature_of_a_witness_asked_for_fails(tmp_path: Path) -> None:
    other = cosign(encode_body(LOG.checkpoint(EARLIER)), WHEN, WITNESSES[0], SECRETS[0].sign)
    files = with_note(with_signatures(FILES[bundle.CHECKPOINT_PATH], [other]))
    outcome = verify(tmp_path, files, Trust(log_key=LOG_KEY, witnesses=WITNESSES[:1]))
    assert "is not over this note" in wrong(outcome, OUTSIDE)[0]
    assert verify(tmp_path, files).passed  # nobody asked for that witness


@pytest.mark.parametrize("trusted", [LOG_KEY, LATER])
def test_a_bundle_of_a_rotated_log_is_followed_from_either_key(
    tmp_path: Path, trusted: VerifierKey
) -> None:
    note = sign_checkpoint(LOG.checkpoint(), LATER, SECRETS[2].sign)
    statement = succession(5, 8)
    files = with_note(note, **{bundle.succession_path(2): statement})
    trust = Trust(log_key=trusted)
    assert verify(tmp_path, files, trust).passed
    # The earlier key signs nothing beyond its term, whoever has it.
    late = with_note(FILES[bundle.CHECKPOINT_PATH], **{bundle.succession_path(2): statement})
    assert "whose term is 0 to 8" in wrong(verify(tmp_path, late, trust), SIGNATURE)[0]
    # An outside checkpoint of its time holds.
    assert verify(tmp_path, files, trust, outside=sign(LOG.checkpoint(EARLIER))).passed
    without = verify(tmp_path, with_note(note), Trust(log_key=LOG_KEY))
    assert "no signature of the key" in wrong(without, SIGNATURE)[0]
    elsewhere = Trust(log_key=trusted, successions=(statement,))
    assert verify(tmp_path, with_note(note), elsewhere).passed


def test_a_statement_that_does_not_hold_fails(tmp_path: Path) -> None:
    note = sign_checkpoint(LOG.checkpoint(), LATER, SECRETS[2].sign)
    made = Succession(earlier=LOG_KEY, later=LATER, from_size=5, until_size=8)
    forged = sign_succession(made, SECRETS[0].sign, SECRETS[2].sign)
    files = with_note(note, **{bundle.succession_path(2): forged})
    found = wrong(verify(tmp_path, files), SIGNATURE)
    assert "do not follow one another" in found[0]
    assert "no signature of the key" in found[1]


def test_an_exported_log_says_who_cosigned_it_and_which_key_took_over(tmp_path: Path) -> None:
    log = clinic_log()
    size = len(log.records)
    folder = write_export(tmp_path / "export", log, sizes=(4,))
    (folder / export.checkpoint_path(4)).write_bytes(cosigned(sign(log.checkpoint(4)), 0))
    newest = sign_checkpoint(log.checkpoint(), LATER, SECRETS[2].sign)
    (folder / export.checkpoint_path(size)).write_bytes(newest)
    (folder / export.SUCCESSIONS_FOLDER).mkdir()
    (folder / export.succession_path(2)).write_bytes(succession(4, 5))
    for trusted in (LOG_KEY, LATER):
        trust = Trust(log_key=trusted, witnesses=WITNESSES[:1])
        outcome = verify_log(folder, trust=trust)
        assert outcome.passed
        notes = outcome.steps[0].notes
        assert f"from 4 records on: {encode_verifier_key(LATER)}" in notes
        assert any(each.endswith("2026-03-03T09:00:00Z, at 4 records") for each in notes)
    missing = verify_log(folder, trust=Trust(log_key=LATER, witnesses=WITNESSES[1:]))
    assert wrong(missing, 1) == [
        f"no checkpoint here is cosigned by the witness {WITNESSES[1].name}"
    ]


def test_the_command_takes_witnesses_and_statements(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note = cosigned(sign_checkpoint(LOG.checkpoint(), LATER, SECRETS[2].sign), 0)
    path = str(write_zip(tmp_path / "bundle.zip", with_note(note)))
    statement, key = tmp_path / "log-key-2.txt", tmp_path / "witness.txt"
    statement.write_bytes(succession(5, 8))
    key.write_text(encode_verifier_key(WITNESSES[0]) + "\n")
    given = ["--log-key", encode_verifier_key(LOG_KEY), "--succession", str(statement)]
    assert main([path, *given, "--witness", str(key)]) == PASSED
    assert "cosigned by 1 of 1 witnesses asked for" in capsys.readouterr().out
    assert main([path, *given, "--witness", encode_verifier_key(WITNESSES[1])]) == FAILED
    assert main([path, *given, "--witness", encode_verifier_key(LOG_KEY)]) == UNUSABLE
    assert "witness's Ed25519 key" in capsys.readouterr().err
