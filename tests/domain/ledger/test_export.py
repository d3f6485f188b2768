"""The exported log: names and frames."""

from domain.ledger import export


def test_a_frame_is_leaf_lengths_entry_and_ciphertext() -> None:
    frame = export.encode_frame(b"\x01" * 32, b"entry", b"cipher")
    assert frame == b"\x01" * 32 + b"\0\0\0\x05" + b"\0\0\0\x06" + b"entry" + b"cipher"


def test_files_are_named_by_size_name_and_seq() -> None:
    assert export.checkpoint_path(12) == "checkpoints/12.txt"
    assert export.succession_path(2) == "log-keys/2.txt"
    assert export.stored_blob_path(b"\xab" * 32) == "blobs/" + "ab" * 32
    assert export.disclosure_path(7) == "disclosures/7.payload"
