"""Settings: what works without any, and that each bad value is refused by its name."""

from pathlib import Path

import pytest

from adapters.blobs.location import Bucket
from api.settings import from_environment
from domain.errors import MalformedInput


def test_without_any_setting_everything_lies_in_one_folder_on_this_machine() -> None:
    found = from_environment({})

    assert found.data == Path("data").absolute()
    assert found.database == f"sqlite:///{found.data}/vultus.sqlite"
    assert found.blobs == found.data / "blobs"
    assert found.checkpoint_copies == (found.data / "checkpoint-copies",)
    assert (found.host, found.port, found.origin) == ("127.0.0.1", 8460, "http://127.0.0.1:8460")
    assert not found.secure


BAD = [
    ("VULTUS_PORT", "http"),
    ("VULTUS_PORT", "-1"),
    ("VULTUS_PORT", "65536"),
    ("VULTUS_PORT", "٨٠"),
    ("VULTUS_PORT", "9" * 5000),
    ("VULTUS_PORT", "80.0"),
    ("VULTUS_HOST", "http://127.0.0.1"),
    ("VULTUS_HOST", "two words"),
    ("VULTUS_HOST", "[::1]"),
    ("VULTUS_DATABASE", "mysql://x"),
    ("VULTUS_DATABASE", "sqlite://"),
    ("VULTUS_DATABASE", "sqlite:///:memory:"),
    ("VULTUS_DATABASE", "nonsense"),
    ("VULTUS_ORIGIN", "portal.example"),
    ("VULTUS_ORIGIN", "ftp://portal.example"),
    ("VULTUS_ORIGIN", "https://portal.example/path"),
    ("VULTUS_ORIGIN", "https://portal.example?query"),
    ("VULTUS_ORIGIN", "https://user:secret@portal.example"),
    ("VULTUS_ORIGIN", "https://"),
    ("VULTUS_ORIGIN", "https://portal.example:99999"),
    ("VULTUS_CHECKPOINT_EVERY", "0"),
    ("VULTUS_CHECKPOINT_EVERY", "often"),
    ("VULTUS_CHECKPOINT_SECONDS", "0"),
    ("VULTUS_CHECKPOINT_SECONDS", "0.5"),
    ("VULTUS_UPLOAD_LIMIT_MB", "0"),
    ("VULTUS_UPLOAD_LIMIT_MB", "4097"),
    ("VULTUS_BLOBS", "s3://pictures"),
    ("VULTUS_BLOBS", "https://storage.example/pictures"),
]


@pytest.mark.parametrize(("name", "value"), BAD, ids=[f"{n}={v[:30]}" for n, v in BAD])
def test_each_bad_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(MalformedInput, match=name):
        from_environment({name: value})


def test_a_refused_database_is_not_repeated_with_its_password() -> None:
    with pytest.raises(MalformedInput) as refused:
        from_environment({"VULTUS_DATABASE": "mysql://clerk:hunter2@database"})
    assert "hunter2" not in str(refused.value)


@pytest.mark.verifies("REQ-IN-190")
@pytest.mark.parametrize(
    ("origin", "taken"),
    [
        ("http://127.0.0.1:8460", True),
        ("http://localhost:8460", True),
        ("http://[::1]:8460", True),
        ("http://192.168.1.7:8460", False),
        ("http://portal.example", False),
        ("http://0.0.0.0:8460", False),
        ("https://portal.example", True),
    ],
)
def test_what_leaves_this_machine_is_encrypted(origin: str, *, taken: bool) -> None:
    if taken:
        assert from_environment({"VULTUS_ORIGIN": origin}).origin == origin
    else:
        with pytest.raises(MalformedInput, match="in clear"):
            from_environment({"VULTUS_ORIGIN": origin})


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://Portal.Example", "https://portal.example"),
        ("https://portal.example:443", "https://portal.example"),
        ("https://portal.example:8460/", "https://portal.example:8460"),
        ("http://localhost:80", "http://localhost"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(given: str, origin: str) -> None:
    found = from_environment({"VULTUS_ORIGIN": given})

    assert found.origin == origin
    assert found.secure == origin.startswith("https")


def test_a_name_of_home_is_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert from_environment({"VULTUS_DATA": "~/record"}).data == tmp_path / "record"


def test_content_may_lie_in_a_bucket_whose_place_is_said_and_whose_secret_is_not() -> None:
    found = from_environment(
        {
            "VULTUS_BLOBS": "s3://pictures/clinic/one/",
            "VULTUS_S3_ENDPOINT": "https://storage.example:9000/",
            "VULTUS_S3_CREDENTIALS": "secrets/storage",
        }
    )
    assert found.blobs == Bucket(
        name="pictures",
        prefix="clinic/one",
        endpoint="https://storage.example:9000",
        credentials=Path("secrets/storage").absolute(),
    )
    at_amazon = from_environment(
        {"VULTUS_BLOBS": "s3://pictures", "VULTUS_S3_REGION": "ap-southeast-2"}
    )
    assert at_amazon.blobs == Bucket(
        name="pictures",
        endpoint="https://s3.ap-southeast-2.amazonaws.com",
        region="ap-southeast-2",
    )


def test_storage_beyond_this_machine_is_never_reached_in_clear() -> None:
    with pytest.raises(MalformedInput, match="in clear"):
        from_environment(
            {"VULTUS_BLOBS": "s3://pictures", "VULTUS_S3_ENDPOINT": "http://storage.example"}
        )


def test_a_standby_is_for_reading_what_postgresql_holds() -> None:
    record, standby = "postgresql://clerk@first/record", "postgresql://clerk@second/record"
    found = from_environment({"VULTUS_DATABASE": record, "VULTUS_DATABASE_READS": standby})
    assert found.database_reads == standby
    assert from_environment({"VULTUS_DATABASE": record}).database_reads is None
    for database, reads in ((record, "sqlite:///standby"), ("", standby), (record, "mysql://a")):
        with pytest.raises(MalformedInput, match="VULTUS_DATABASE_READS"):
            from_environment({"VULTUS_DATABASE": database, "VULTUS_DATABASE_READS": reads})
