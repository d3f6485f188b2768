"""Where content lies: what a setting may say, and the file that holds the credentials."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.blobs.location import Bucket, Credentials, parse_location
from domain.errors import MalformedInput, RuleViolation, Unavailable
from tests.environment.object_store import KEY_ID, SECRET, credentials_file

ENDPOINT = "https://storage.example"


@pytest.mark.parametrize("text", ["data/blobs", "/srv/blobs", "./s3:x"])
def test_what_names_no_scheme_is_a_folder(text: str) -> None:
    assert parse_location(text) == Path(text).absolute()


@given(
    name=st.from_regex(r"\A[a-z0-9][a-z0-9-]{1,61}[a-z0-9]\Z"),
    prefix=st.from_regex(r"\A([A-Za-z0-9_-]{1,8}(/[A-Za-z0-9_-]{1,8}){0,3})?\Z"),
)
def test_a_bucket_says_itself_as_in_the_setting(name: str, prefix: str) -> None:
    bucket = Bucket(name=name, prefix=prefix, endpoint=ENDPOINT)
    assert parse_location(str(bucket), endpoint=ENDPOINT) == bucket
    assert parse_location(f"{bucket}/", endpoint=ENDPOINT) == bucket


@pytest.mark.parametrize(
    "text",
    [
        "s3://",
        "s3://ab",
        "s3://Pictures",
        "s3://pic..tures",
        "s3://pictures/../others",
        "s3://pictures/a//b",
        "s3://pictures/a b",
        "s3://pictures/.hidden",
        "s3://key:secret@pictures",
        "s3://pictures?x",
        "https://pictures",
        "gs://pictures",
    ],
)
def test_what_cannot_be_a_place_is_refused(text: str) -> None:
    with pytest.raises(MalformedInput):
        parse_location(text, endpoint=ENDPOINT)


@pytest.mark.parametrize(
    "endpoint",
    [
        "storage.example",
        "ftp://storage.example",
        "https://",
        "https://key:secret@storage.example",
        "https://storage.example/path",
        "https://storage.example?x",
        "https://storage.example:99999",
        "http://storage.example",
        "http://10.0.0.5:9000",
        "http://127.0.0.1.example",
        "http://localhost.example",
    ],
)
def test_an_endpoint_that_is_no_address_or_in_clear_is_refused(endpoint: str) -> None:
    with pytest.raises(MalformedInput) as refused:
        parse_location("s3://pictures", endpoint=endpoint)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "localhost:9000", "[::1]:9000", "127.8.8.8"])
def test_storage_on_this_machine_may_be_reached_in_clear(host: str) -> None:
    bucket = parse_location("s3://pictures", endpoint=f"http://{host}")
    assert isinstance(bucket, Bucket)
    assert bucket.on_this_machine


def test_where_pictures_lie_is_never_left_to_a_default() -> None:
    with pytest.raises(MalformedInput, match="VULTUS_S3_REGION"):
        parse_location("s3://pictures")
    with pytest.raises(MalformedInput):
        parse_location("s3://pictures", region="Sydney")


def test_credentials_are_read_from_a_private_file_and_never_printed(tmp_path: Path) -> None:
    path = credentials_file(tmp_path)
    found = Credentials.from_file(path)
    assert (found.access_key_id, found.secret_access_key) == (KEY_ID, SECRET)
    assert found.session_token is None
    assert SECRET not in repr(found)
    path.write_text(path.read_text() + "aws_session_token = passing%token\n")
    assert Credentials.from_file(path).session_token == "passing%token"


def test_credentials_that_others_may_read_are_refused(tmp_path: Path) -> None:
    path = credentials_file(tmp_path)
    path.chmod(0o640)
    with pytest.raises(RuleViolation, match="open to other users"):
        Credentials.from_file(path)


def test_credentials_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="VULTUS_S3_CREDENTIALS"):
        Credentials.from_file(tmp_path / "none")
    with pytest.raises(Unavailable):
        Credentials.from_file(tmp_path / "none" / "none")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hunter2",
        b"[default]\naws_access_key_id = hunter2\n",
        b"[other]\naws_access_key_id = hunter2\naws_secret_access_key = hunter2\n",
        b"[default]\nhunter2\n",
        b"\xff\xfehunter2",
    ],
)
def test_a_file_without_credentials_is_refused_and_not_repeated(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "credentials"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(MalformedInput, match="aws_access_key_id") as refused:
        Credentials.from_file(path)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__suppress_context__
