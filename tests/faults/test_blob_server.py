"""Storage that dies, stalls, denies or forgets while content is stored, read or purged."""

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.blobs.bucket import Patience, open_blobs, refuse_public, try_out
from adapters.blobs.location import Bucket
from adapters.blobs.object_store import WINDOW_SIZE, ObjectBlobStore
from adapters.blobs.sealed_stream import CHUNK_SIZE
from adapters.memory import SeededRandomness
from domain.errors import NotFound, RuleViolation, Unavailable
from domain.values.content import Digest
from tests.environment.object_store import (
    BUCKET,
    KEY_ID,
    SECRET,
    StorageServer,
    credentials_file,
    rclone_in,
)
from tests.faults.killed import KEY, blob_keys

SHORT = Patience(connect_s=1.0, request_s=5.0, retries=1, give_up_s=1.0)
CONTENT = SeededRandomness("dying server").token(WINDOW_SIZE + 3 * CHUNK_SIZE)
DIGEST = Digest.of(CONTENT)
PIECES = [CONTENT[at : at + CHUNK_SIZE] for at in range(0, len(CONTENT), CHUNK_SIZE)]
SMALL = b"a face, pixel by pixel"
DIGEST_OF_SMALL = Digest.of(SMALL)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StorageServer]:
    """Run a server of this test's own, to be killed and started again."""
    folder = tmp_path / "server"
    folder.mkdir()
    server = rclone_in(folder)
    server.start()
    yield server
    server.kill()


def _open(bucket: Bucket) -> ObjectBlobStore:
    store = open_blobs(bucket, blob_keys(), patience=SHORT)
    assert isinstance(store, ObjectBlobStore)
    return store


@pytest.mark.parametrize("killed_at", [0, 2, len(PIECES) - 1])
@pytest.mark.parametrize("announced", [False, True])
def test_a_server_that_dies_while_content_comes_in_keeps_nothing_of_it(
    server: StorageServer, killed_at: int, *, announced: bool
) -> None:
    bucket = server.fresh()
    store = _open(bucket)

    def content() -> Iterator[bytes]:
        for number, piece in enumerate(PIECES):
            if number == killed_at:
                server.kill()
            yield piece

    expected = DIGEST if announced else None
    with pytest.raises(Unavailable):
        store.put(content(), key=KEY, expected=expected, limit_bytes=len(CONTENT))
    server.start()
    with pytest.raises(NotFound):
        store.find(DIGEST, key=KEY)
    store.put(PIECES, key=KEY, expected=expected, limit_bytes=len(CONTENT))
    assert b"".join(store.read(DIGEST, key=KEY)) == CONTENT


def test_a_server_that_dies_while_content_is_read_gives_no_wrong_byte(
    server: StorageServer,
) -> None:
    store = _open(server.fresh())
    name = store.put(PIECES, key=KEY, expected=DIGEST, limit_bytes=len(CONTENT)).name
    under_way = (store.read(DIGEST, key=KEY), store.stored(name))
    got = [next(under_way[0])]
    next(under_way[1])
    server.kill()
    with pytest.raises(Unavailable):
        got.extend(under_way[0])
    assert CONTENT.startswith(b"".join(got))
    with pytest.raises(Unavailable):
        list(under_way[1])
    for call in (
        lambda: store.find(DIGEST, key=KEY),
        lambda: store.read(DIGEST, key=KEY),
        lambda: store.stored(name),
        lambda: store.purge([name]),
        lambda: store.put([SMALL], key=KEY, expected=None, limit_bytes=100),
        lambda: store.keep(bytes(32), [SMALL], stored_digest=Digest.of(SMALL).raw),
    ):
        with pytest.raises(Unavailable, match="cannot be reached"):
            call()
    server.start()
    assert b"".join(store.read(DIGEST, key=KEY)) == CONTENT


def test_content_that_is_purged_while_it_is_read_is_missed(server: StorageServer) -> None:
    store = _open(server.fresh())
    name = store.put([SMALL], key=KEY, expected=None, limit_bytes=100).name
    under_way = store.read(DIGEST_OF_SMALL, key=KEY)
    store.purge([name])
    with pytest.raises(NotFound):
        next(under_way)


def test_a_missing_bucket_is_not_taken_for_missing_content(server: StorageServer) -> None:
    bucket = server.fresh()
    with pytest.raises(Unavailable, match="the bucket is not there"):
        try_out(replace(bucket, name="another-bucket"), patience=SHORT)
    store = _open(bucket)
    name = store.put([SMALL], key=KEY, expected=None, limit_bytes=100).name
    shutil.rmtree(server.folder / "objects" / BUCKET)
    server.kill()  # it remembers folders for a while
    server.start()
    for call in (
        lambda: store.find(DIGEST_OF_SMALL, key=KEY),
        lambda: store.read(DIGEST_OF_SMALL, key=KEY),
        lambda: store.stored(name),
        lambda: store.purge([name]),
        lambda: store.put([SMALL], key=KEY, expected=None, limit_bytes=100),
    ):
        with pytest.raises(Unavailable, match="the bucket is not there"):
            call()


def test_wrong_credentials_are_told_at_once_and_without_them(
    server: StorageServer, tmp_path: Path
) -> None:
    wrong = credentials_file(tmp_path, secret="another-secret")
    with pytest.raises(Unavailable, match="denied it") as refused:
        _open(replace(server.fresh(), credentials=wrong))
    told = f"{refused.value} {refused.value.__cause__}"
    assert refused.value.__suppress_context__
    for secret in (KEY_ID, SECRET, "another-secret", "Signature=", "AWS4-HMAC"):
        assert secret not in told
    right = _open(server.fresh())
    right.put([SMALL], key=KEY, expected=None, limit_bytes=100)


def _certificate_for_localhost(folder: Path) -> tuple[Path, Path]:
    """Write a certificate that signs itself, and its private key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "private.pem"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, private


def test_storage_is_spoken_to_only_when_its_certificate_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, private = _certificate_for_localhost(tmp_path)
    server = rclone_in(tmp_path, certificate=(certificate, private))
    server.start()
    try:
        with pytest.raises(Unavailable, match="certificate is not trusted"):
            _open(server.fresh())
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        store = _open(server.fresh())
        assert store.put([SMALL], key=KEY, expected=DIGEST_OF_SMALL, limit_bytes=100)
    finally:
        server.kill()


Answer = Callable[[socket.socket], None]


def _silent(connection: socket.socket) -> None:
    connection.recv(1 << 16)
    connection.recv(1)  # until the other side gives up


def _overloaded(connection: socket.socket) -> None:
    body = b"<Error><Code>SlowDown</Code><RequestId>request-by-AKIAEXAMPLE</RequestId></Error>"
    connection.recv(1 << 16)
    head = f"HTTP/1.1 503 Slow Down\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    connection.sendall(head.encode() + body)


@contextmanager
def _answering(answer: Answer) -> Iterator[str]:
    """Listen, answer every connection in this way, and yield the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:  # closed: the test is over
                    return
                with connection:
                    answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def _hanging_up(connection: socket.socket) -> None:
    connection.recv(1 << 16)


@pytest.mark.parametrize(
    ("answer", "request_s", "told"),
    [
        (_silent, 0.3, "did not answer in time"),
        (_overloaded, 10.0, r"answered 503 \(SlowDown\)$"),
        (_hanging_up, 10.0, "broke"),
    ],
)
def test_storage_that_stalls_or_is_overloaded_is_unavailable_before_long(
    rclone_server: StorageServer, answer: Answer, request_s: float, told: str
) -> None:
    quick = replace(SHORT, request_s=request_s, give_up_s=0.5)
    with _answering(answer) as endpoint:
        bucket = replace(rclone_server.fresh(), endpoint=endpoint)
        with pytest.raises(Unavailable, match=told) as refused:
            try_out(bucket, patience=quick)
    assert "AKIA" not in str(refused.value)


def test_a_bucket_that_anybody_may_read_is_refused(
    rclone_server: StorageServer, moto_server: StorageServer
) -> None:
    for server in (rclone_server, moto_server):
        bucket = server.fresh()
        name = _open(bucket).put([SMALL], key=KEY, expected=None, limit_bytes=100).name.hex()
        path = f"{name[:2]}/{name[2:4]}/{name}"
        refuse_public(bucket, path, patience=SHORT)
    url = f"{bucket.endpoint}/{bucket.name}/{bucket.prefix}/{path}"
    signed = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, Signature=x"
    headers = {"x-amz-acl": "public-read", "Authorization": signed}  # moto does not compare it
    httpx.put(f"{url}?acl", headers=headers).raise_for_status()
    with pytest.raises(RuleViolation, match="anybody"):
        refuse_public(bucket, path, patience=SHORT)
