"""The specification's worked example, made again and compared byte for byte."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import domain.ledger
from domain.ledger import canonical, proof_file
from domain.ledger.bundle import split_disclosure
from domain.ledger.chain import EMPTY_STREAM, LogChecker, StreamHead
from domain.ledger.checkpoint import (
    COSIGNATURE,
    Checkpoint,
    VerifierKey,
    encode_body,
    encode_verifier_key,
    open_checkpoint,
    parse_note,
    sign_checkpoint,
    with_signatures,
)
from domain.ledger.cosignature import cosign, cosignatures, cosigned_message
from domain.ledger.entry import (
    BlobAddress,
    Entry,
    Header,
    associated_data,
    commitment,
    decode_entry,
    encode_entry,
    encode_header,
    statement_of,
)
from domain.ledger.log_keys import Succession, follow, sign_succession
from domain.ledger.merkle import Tree, leaf_hash, root_at
from domain.ledger.proof import check_consistency, check_inclusion, consistency_proof
from domain.ledger.proof import inclusion_proof as make_inclusion_proof
from tests.domain.ledger.test_checkpoint import check_ed25519
from tests.domain.ledger.test_merkle import Nodes

SPECIFICATION = Path(domain.ledger.__path__[0]) / "SPECIFICATION.md"

CLINIC = "0198c0de-0000-7000-8000-00000000000a"
DEVICE = "0198c0de-0000-7000-8000-00000000000b"
SESSION = "0198c0de-0000-7000-8000-00000000000c"
NURSE = "0198c0de-0000-7000-8000-00000000000d"
ORIGIN = f"vultus/{CLINIC}"
CONTENT = b"a frame"

DATA_KEY = bytes(range(0x20))
LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(0x20, 0x40)))
DEVICE_KEY = ec.derive_private_key(int.from_bytes(bytes(range(0x40, 0x60)), "big"), ec.SECP256R1())
DEVICE_PUBLIC = DEVICE_KEY.public_key().public_bytes(
    Encoding.DER, PublicFormat.SubjectPublicKeyInfo
)
VERIFIER_KEY = VerifierKey(name=ORIGIN, public_key=LOG_KEY.public_key().public_bytes_raw())

LATER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(0x60, 0x80)))
LATER_VERIFIER_KEY = VerifierKey(name=ORIGIN, public_key=LATER_KEY.public_key().public_bytes_raw())
SUCCESSION = Succession(earlier=VERIFIER_KEY, later=LATER_VERIFIER_KEY, from_size=2, until_size=3)
WITNESS_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(0x80, 0xA0)))
WITNESS_VERIFIER_KEY = VerifierKey(
    name="vultus/example/witness",
    public_key=WITNESS_KEY.public_key().public_bytes_raw(),
    kind=COSIGNATURE,
)
COSIGNED_AT = 1772528400


def derive(info: bytes) -> bytes:
    """Return 32 bytes derived from the data key."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(DATA_KEY)


def make(
    seq: int, payload: canonical.JsonInput, *, signed: bool, **header: object
) -> dict[str, bytes]:
    """Make one record; return its parts by name."""
    salt = bytes([0xA0 + seq]) * 32
    plain = canonical.encode(payload)
    parts = {
        "seq": seq,
        "schema": 1,
        "committed_at_us": 1_772_529_240_000_000 + seq,
        "correlation": SESSION,
        "key_id": f"clinic:{CLINIC}",
        "nonce": bytes([0xB0 + seq]) * 12,
        "commitment": commitment(salt, plain),
        **header,
    }
    previous = parts.pop("previous")
    assert isinstance(previous, bytes)
    made = Header(**parts)  # type: ignore[arg-type]
    associated = associated_data(
        stream=made.stream,
        version=made.version,
        name=made.name,
        schema=made.schema,
        key_id=made.key_id,
        commitment=made.commitment,
    )
    ciphertext = AESGCM(DATA_KEY).encrypt(made.nonce, salt + plain, associated)
    result = {
        "payload": plain,
        "commitment": made.commitment,
        "associated data": associated,
        "ciphertext": ciphertext,
        "header": encode_header(made),
    }
    signature = None
    if signed:
        result["device statement"] = statement_of(made)
        signature = DEVICE_KEY.sign(
            statement_of(made), ec.ECDSA(SHA256(), deterministic_signing=True)
        )
        result["device signature"] = signature
    entry = Entry(
        header=made,
        previous=previous,
        content_digest=sha256(ciphertext).digest(),
        device_signature=signature,
    )
    result["entry"] = encode_entry(entry)
    result["leaf"] = leaf_hash(result["entry"])
    return result


def make_records() -> list[dict[str, bytes]]:
    """Make the three records of the example."""
    enrolled = make(
        0,
        {
            "device": DEVICE,
            "model": "simulated",
            "public_key": DEVICE_PUBLIC.hex(),
            "serial": "VS-1",
        },
        signed=False,
        stream=f"device-{DEVICE}",
        version=1,
        name="DeviceEnrolled",
        actor=f"practitioner:{NURSE}",
        previous=EMPTY_STREAM.leaf,
    )
    opened = make(
        1,
        {"session": SESSION},
        signed=False,
        stream=f"capture-session-{SESSION}",
        version=1,
        name="SessionOpened",
        received_at_us=1_772_529_239_000_000,
        actor=f"practitioner:{NURSE}",
        idempotency_key="open-1",
        previous=EMPTY_STREAM.leaf,
    )
    content = sha256(CONTENT).digest()
    submitted = make(
        2,
        {"frames": [{"content": {"digest": f"sha256:{content.hex()}"}}]},
        signed=True,
        stream=f"capture-session-{SESSION}",
        version=2,
        name="AttemptSubmitted",
        device_time_us=1_772_529_238_000_000,
        actor=f"device:{DEVICE}",
        device=DEVICE,
        device_sequence=1,
        causation=1,
        blobs=(
            BlobAddress(
                name=derive(b"vultus/blob-name/v1" + content),
                stored_digest=sha256(b"the stored file").digest(),
            ),
        ),
        previous=opened["leaf"],
    )
    return [enrolled, opened, submitted]


def make_example() -> dict[str, str]:
    """Make every value of the example, by name, as text."""
    values: dict[str, str] = {"device public key": DEVICE_PUBLIC.hex()}
    nodes = Nodes()
    tree = Tree(nodes.keep)
    for seq, record in enumerate(make_records()):
        values |= {f"{seq} {name}": part.hex() for name, part in record.items()}
        tree.append(record["leaf"])
    content = sha256(CONTENT).digest()
    head = Checkpoint(origin=ORIGIN, size=3, root=tree.root())
    signed = sign_checkpoint(head, VERIFIER_KEY, LOG_KEY.sign)
    inclusion = make_inclusion_proof(1, 3, nodes.read)
    file = proof_file.ProofFile(index=1, path=inclusion, checkpoint=signed)
    both = sign_checkpoint(head, VERIFIER_KEY, LOG_KEY.sign, (LATER_VERIFIER_KEY, LATER_KEY.sign))
    line = cosign(encode_body(head), COSIGNED_AT, WITNESS_VERIFIER_KEY, WITNESS_KEY.sign)
    values |= {
        "content": content.hex(),
        "blob name": derive(b"vultus/blob-name/v1" + content).hex(),
        "content key": derive(b"vultus/blob-key/v1" + content).hex(),
        "root of 2": root_at(2, nodes.read).hex(),
        "root of 3": tree.root().hex(),
        "inclusion of 1 in 3": " ".join(node.hex() for node in inclusion),
        "consistency of 2 and 3": " ".join(
            node.hex() for node in consistency_proof(2, 3, nodes.read)
        ),
        "verifier key": encode_verifier_key(VERIFIER_KEY),
        "checkpoint": signed.hex(),
        "proof file of 1": proof_file.encode(file).hex(),
        "later verifier key": encode_verifier_key(LATER_VERIFIER_KEY),
        "succession": sign_succession(SUCCESSION, LOG_KEY.sign, LATER_KEY.sign).hex(),
        "checkpoint of both keys": both.hex(),
        "witness verifier key": encode_verifier_key(WITNESS_VERIFIER_KEY),
        "cosigned message": cosigned_message(encode_body(head), COSIGNED_AT).hex(),
        "cosigned checkpoint": with_signatures(both, [line]).hex(),
    }
    return values


def read_example() -> dict[str, str]:
    """Read the values that the specification prints; long ones go over several lines."""
    text = SPECIFICATION.read_text(encoding="utf-8")
    (block,) = re.findall(r"\n```text\n(.*?)```\n", text, re.DOTALL)
    values: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        if line.startswith(" "):
            joint = " " if name.startswith(("inclusion", "consistency")) else ""
            values[name] += joint + line.strip() if values[name] else line.strip()
        else:
            name, _, first = line.partition(": ")
            name = name.removesuffix(":")
            values[name] = first.strip()
    return values


@pytest.mark.verifies("DRV-01")
def test_the_worked_example_is_what_the_code_makes() -> None:
    assert read_example() == make_example()


@pytest.mark.verifies("DRV-01")
def test_the_worked_example_verifies_from_its_printed_values_alone() -> None:
    values = read_example()
    checkpoint = open_checkpoint(bytes.fromhex(values["checkpoint"]), VERIFIER_KEY, check_ed25519)
    entry = bytes.fromhex(values["1 entry"])
    proof = proof_file.parse(bytes.fromhex(values["proof file of 1"]))
    check_inclusion(
        index=proof.index,
        size=checkpoint.size,
        leaf=leaf_hash(entry),
        proof=proof.path,
        root=checkpoint.root,
    )
    check_consistency(
        first=2,
        second=3,
        first_root=bytes.fromhex(values["root of 2"]),
        second_root=checkpoint.root,
        proof=tuple(map(bytes.fromhex, values["consistency of 2 and 3"].split())),
    )
    submitted = decode_entry(bytes.fromhex(values["2 entry"]))
    assert submitted.device_signature is not None
    DEVICE_KEY.public_key().verify(
        submitted.device_signature,
        bytes.fromhex(values["2 device statement"]),
        ec.ECDSA(SHA256()),
    )
    salt, payload = split_disclosure(
        AESGCM(DATA_KEY).decrypt(
            submitted.header.nonce,
            bytes.fromhex(values["2 ciphertext"]),
            bytes.fromhex(values["2 associated data"]),
        )
    )
    assert commitment(salt, payload) == submitted.header.commitment


def test_the_worked_example_is_a_whole_log() -> None:
    values = read_example()
    checker = LogChecker()
    for seq in range(3):
        written = bytes.fromhex(values[f"{seq} entry"])
        checker.take(decode_entry(written), leaf_hash(written))
    assert checker.head(f"capture-session-{SESSION}") == StreamHead(
        version=2, leaf=bytes.fromhex(values["2 leaf"])
    )


@pytest.mark.verifies("DRV-01")
def test_the_example_of_keys_and_witness_verifies_from_its_printed_values_alone() -> None:
    values = read_example()
    succession = bytes.fromhex(values["succession"])
    note = parse_note(bytes.fromhex(values["cosigned checkpoint"]))
    for trusted in (VERIFIER_KEY, LATER_VERIFIER_KEY):
        keys = follow(trusted, [succession], check_ed25519)
        assert keys.check(note, check_ed25519).size == 3
        assert keys.at(3) == (VERIFIER_KEY, LATER_VERIFIER_KEY)
        assert keys.at(4) == (LATER_VERIFIER_KEY,)
    (said,) = cosignatures(note, [WITNESS_VERIFIER_KEY], check_ed25519)
    assert said.timestamp == COSIGNED_AT


def plain_line(name: str, secret: Ed25519PrivateKey, kind: int, stamp: bytes, text: bytes) -> str:
    """Write a signature line with nothing but hashes, base64 and Ed25519."""
    public = bytes([kind]) + secret.public_key().public_bytes_raw()
    key_id = sha256(name.encode() + b"\n" + public).digest()[:4]
    return f"— {name} {b64encode(key_id + stamp + secret.sign(text)).decode()}\n"


def plain_key(name: str, secret: Ed25519PrivateKey, kind: int) -> str:
    """Write a verifier key with nothing but hashes and base64."""
    public = bytes([kind]) + secret.public_key().public_bytes_raw()
    key_id = sha256(name.encode() + b"\n" + public).hexdigest()[:8]
    return f"{name}+{key_id}+{b64encode(public).decode()}"


@pytest.mark.verifies("DRV-01")
def test_the_example_of_keys_and_witness_is_what_a_stranger_would_make() -> None:
    values = read_example()
    root = b64encode(bytes.fromhex(values["root of 3"])).decode()
    body = f"{ORIGIN}\n3\n{root}\n"
    first, later = plain_key(ORIGIN, LOG_KEY, 1), plain_key(ORIGIN, LATER_KEY, 1)
    text = f"vultus/log-key-succession/v1\n{ORIGIN}\n{first}\n{later}\nfrom 2\nuntil 3\n"
    witness = "vultus/example/witness"
    message = f"cosignature/v1\ntime {COSIGNED_AT}\n{body}".encode()

    def log_lines(content: str) -> str:
        return "".join(
            plain_line(ORIGIN, each, 1, b"", content.encode()) for each in (LOG_KEY, LATER_KEY)
        )

    stamp = COSIGNED_AT.to_bytes(8, "big")
    cosigned = log_lines(body) + plain_line(witness, WITNESS_KEY, 4, stamp, message)
    assert values["later verifier key"] == later
    assert values["witness verifier key"] == plain_key(witness, WITNESS_KEY, 4)
    assert bytes.fromhex(values["succession"]) == f"{text}\n{log_lines(text)}".encode()
    assert bytes.fromhex(values["checkpoint of both keys"]) == f"{body}\n{log_lines(body)}".encode()
    assert bytes.fromhex(values["cosigned message"]) == message
    assert bytes.fromhex(values["cosigned checkpoint"]) == f"{body}\n{cosigned}".encode()
