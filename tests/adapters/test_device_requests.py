"""Signed requests: what the signature covers, and that every change shows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.device_requests import (
    Message,
    check_request,
    claimed_digest,
    content_digest,
    sign_request,
    utc,
)
from domain.errors import NotFound, SignatureInvalid
from domain.values.identifiers import DeviceId
from tests.builders import DEVICE, MORNING

KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = (
    KEY.public_key()
    .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    .hex()
)
BODY = b'{"statements": []}'
URL = "https://portal.example/api/v1/device/statements?first=1"


def sign(content: bytes) -> bytes:
    return KEY.sign(content, ec.ECDSA(hashes.SHA256()))


def known(device: DeviceId) -> str:
    if device != DEVICE:
        message = "the station is not enrolled"
        raise NotFound(message)
    return PUBLIC


def signed(
    body: bytes | None = BODY, *, off: timedelta = timedelta(), device: DeviceId = DEVICE
) -> Message:
    message = Message(method="POST", url=URL, headers={})
    sign_request(
        message,
        device=device,
        sign=sign,
        body_digest=None if body is None else sha256(body).digest(),
        created=MORNING.plus(off).moment,
        nonce="n-1",
    )
    return message


def check(message: Message, body: bytes | None = BODY) -> tuple[DeviceId, int, str]:
    digest = None if body is None else sha256(body).digest()
    asker = check_request(message, public_key_of=known, body_digest=digest, now=MORNING.moment)
    return asker.device, asker.created_s, asker.nonce


@pytest.mark.verifies("REQ-IN-215", "DRV-05")
@pytest.mark.parametrize("body", [BODY, None])
def test_a_signed_request_says_who_asks_and_when(body: bytes | None) -> None:
    assert check(signed(body), body) == (DEVICE, MORNING.us // 1_000_000, "n-1")


@pytest.mark.parametrize(
    "change",
    [
        lambda message: replace(message, method="PUT"),
        lambda message: replace(message, url=URL.replace("statements", "orders")),
        lambda message: replace(message, url=URL.replace("first=1", "first=2")),
        lambda message: replace(message, url=URL.partition("?")[0]),
    ],
    ids=["method", "path", "query", "no query"],
)
def test_a_changed_request_is_refused(change: Callable[[Message], Message]) -> None:
    with pytest.raises(SignatureInvalid):
        check(change(signed()))


def test_another_body_is_refused_with_or_without_its_digest() -> None:
    message = signed()
    with pytest.raises(SignatureInvalid):
        check(message, b"another")
    message.headers["Content-Digest"] = content_digest(sha256(b"another").digest())
    with pytest.raises(SignatureInvalid):
        check(message, b"another")


def test_a_body_that_no_signature_covers_is_refused() -> None:
    message = signed(None)
    message.headers["Content-Digest"] = content_digest(sha256(BODY).digest())
    with pytest.raises(SignatureInvalid, match="does not cover"):
        check(message)


@pytest.mark.parametrize(
    ("off", "taken"),
    [(-300, True), (300, True), (-301, False), (301, False), (86_400, False)],
)
def test_a_time_more_than_five_minutes_off_is_refused(off: int, *, taken: bool) -> None:
    message = signed(off=timedelta(seconds=off))
    if taken:
        check(message)
    else:
        with pytest.raises(SignatureInvalid, match="five minutes"):
            check(message)


@pytest.mark.parametrize("name", ["Signature", "Signature-Input"])
@pytest.mark.parametrize(
    "value", [None, "", "nonsense", "sig1=()", 'sig1=("@method")', "pyhms=:AAAA:"]
)
def test_missing_and_damaged_signatures_are_refused(name: str, value: str | None) -> None:
    message = signed()
    del message.headers[name]
    if value is not None:
        message.headers[name] = value
    with pytest.raises(SignatureInvalid):
        check(message)


def test_a_signature_made_for_something_else_is_refused() -> None:
    message = signed()
    message.headers["Signature-Input"] = message.headers["Signature-Input"].replace(
        "vultus-device", "another-use"
    )
    with pytest.raises(SignatureInvalid):
        check(message)


def test_stations_that_are_not_enrolled_or_no_stations_are_refused() -> None:
    with pytest.raises(SignatureInvalid):
        check(signed(device=DeviceId.derived("another")))
    message = signed()
    message.headers["Signature-Input"] = message.headers["Signature-Input"].replace(
        str(DEVICE), "../../etc"
    )
    with pytest.raises(SignatureInvalid):
        check(message)


@pytest.mark.parametrize("number", ["", "sha-256=::", "sha-512=:AAAA:", "sha-256=:AA==:"])
def test_what_is_no_digest_claims_nothing(number: str) -> None:
    assert claimed_digest({"Content-Digest": number}) is None


def test_a_claimed_digest_is_read_as_it_was_written() -> None:
    digest = sha256(BODY).digest()

    assert claimed_digest({"Content-Digest": content_digest(digest)}) == digest
    assert claimed_digest({}) is None


def test_seconds_become_moments_in_utc() -> None:
    assert utc(0).isoformat() == "1970-01-01T00:00:00+00:00"
