"""What is written to logs, and above all what is not."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from adapters.logging import LibraryLog, set_up

SECRET = "Featherstonehaugh"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the log goes during a test."""
    held = io.StringIO()
    set_up(stream=held)
    yield held
    structlog.reset_defaults()
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, LibraryLog)]:
        root.removeHandler(handler)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_one_line_an_event_with_time_in_utc(stream: io.StringIO) -> None:
    structlog.get_logger().info("request", status=200)

    (line,) = lines(stream)
    assert line["event"] == "request"
    assert line["status"] == 200
    assert line["timestamp"].endswith("Z")


@pytest.mark.verifies("DRV-30", "REQ-IN-217")
def test_fields_that_are_not_on_the_list_are_dropped_and_counted(stream: io.StringIO) -> None:
    structlog.get_logger().info("request", name=SECRET, password=SECRET, status=200)

    (line,) = lines(stream)
    assert line["dropped_fields"] == 2
    assert SECRET not in stream.getvalue()


def fail(text: str) -> None:
    try:
        message = f"cannot read {text}"
        raise ValueError(message)  # noqa: TRY301 - a cause is wanted
    except ValueError as error:
        message = f"about {text}"
        raise RuntimeError(message) from error


@pytest.mark.verifies("DRV-30", "REQ-IN-217")
@pytest.mark.parametrize("how", ["error", "true", "tuple"])
def test_of_an_error_only_kinds_and_places_are_written(stream: io.StringIO, how: str) -> None:
    log = structlog.get_logger()
    try:
        fail(SECRET)
    except RuntimeError as error:
        given = {
            "error": error,
            "true": True,
            "tuple": (type(error), error, error.__traceback__),
        }
        log.error("unexpected", exc_info=given[how])  # noqa: TRY400 - the very subject

    (line,) = lines(stream)
    assert line["exception"].startswith("RuntimeError at test_logging.py:")
    assert "; from ValueError at test_logging.py:" in line["exception"]
    assert " fail" in line["exception"]
    assert SECRET not in stream.getvalue()


def test_libraries_are_heard_without_their_words(stream: io.StringIO) -> None:
    log = logging.getLogger("some.library")
    try:
        fail(SECRET)
    except RuntimeError:
        log.exception("cannot %s", SECRET)
    log.info("not heard at all")

    (line,) = lines(stream)
    assert line["library"] == "some.library"
    assert line["level"] == "error"
    assert line["place"].startswith("test_logging.py:")
    assert line["exception"].startswith("RuntimeError at ")
    assert SECRET not in stream.getvalue()


def test_setting_up_twice_writes_every_line_once(stream: io.StringIO) -> None:
    held = io.StringIO()
    set_up(stream=held)
    logging.getLogger("some.library").warning("once")

    assert len(lines(held)) == 1
    assert stream.getvalue() == ""
