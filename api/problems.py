"""The one table from domain errors to HTTP problem documents (RFC 9457).

Rules kept here:

1. The domain does not know HTTP; every status stands here and nowhere else.
2. A problem names the rule, the evidence and the next step where the error does.
3. What we did not expect is told without details; ``api/requests.py`` logs it.
4. A database that is away or locked is no error of ours: the same request may be repeated.
"""

from collections.abc import Sequence
from http import HTTPStatus

import sqlalchemy as sa
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from domain import errors
from domain.events.codec import Plain, to_plain
from domain.values.capture import GateResult
from projections.lag import BeingRebuilt

MEDIA_TYPE = "application/problem+json"

RETRY_AFTER_S = "5"
_log = structlog.get_logger()


class TooLarge(errors.MalformedInput):
    """The body is larger than is taken in."""

    def __init__(self, limit_bytes: int) -> None:
        """Name the limit."""
        super().__init__(f"More than {limit_bytes >> 20} MiB cannot be taken in at once.")


_STATUS: tuple[tuple[type[errors.RecordsError], HTTPStatus, str, str], ...] = (
    (errors.ContentErased, HTTPStatus.GONE, "content-erased", "The content was erased"),
    (errors.RuleViolation, HTTPStatus.CONFLICT, "refused", "A rule refused this"),
    (errors.NotSignedIn, HTTPStatus.UNAUTHORIZED, "not-signed-in", "Sign in first"),
    (errors.NotPermitted, HTTPStatus.FORBIDDEN, "not-permitted", "You may not do this"),
    (errors.NotFound, HTTPStatus.NOT_FOUND, "not-found", "There is nothing here"),
    (errors.StaleVersion, HTTPStatus.PRECONDITION_FAILED, "stale", "It changed meanwhile"),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", "Too large"),
    (errors.MalformedInput, HTTPStatus.UNPROCESSABLE_ENTITY, "malformed", "Not readable"),
    (BeingRebuilt, HTTPStatus.SERVICE_UNAVAILABLE, "being-rebuilt", "Being rebuilt"),
    (errors.Unavailable, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "Not possible just now"),
    (errors.UnknownEvent, HTTPStatus.INTERNAL_SERVER_ERROR, "newer-record", "Update this server"),
    (errors.IntegrityFailure, HTTPStatus.INTERNAL_SERVER_ERROR, "integrity", "Record damaged"),
)


class CaptureRefused(errors.RuleViolation):
    """A capture was blocked before the shutter; the refusal is already recorded."""

    def __init__(self, gates: Sequence[GateResult]) -> None:
        """Name the gates that did not pass and keep all of them."""
        closed = [gate for gate in gates if not gate.passed]
        super().__init__(
            "capture.gates",
            "; ".join(f"{gate.gate.value}: {gate.evidence}" for gate in closed),
            " ".join(gate.next_step for gate in closed),
        )
        self.gates = tuple(gates)


def problem(
    request: Request,
    status: int,
    slug: str,
    title: str,
    detail: str,
    *,
    headers: dict[str, str] | None = None,
    **more: Plain,
) -> JSONResponse:
    """Return a problem document; fields without a value are left out."""
    body = {
        "type": f"urn:vultus:problem:{slug}",
        "title": title,
        "status": int(status),
        "detail": detail,
        "correlation": getattr(request.state, "correlation", None),
        **more,
    }
    present = {name: value for name, value in body.items() if value is not None}
    return JSONResponse(present, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def from_error(request: Request, error: errors.RecordsError) -> JSONResponse:
    """Return the problem document of a domain error."""
    if isinstance(error, CaptureRefused):
        return problem(
            request,
            HTTPStatus.CONFLICT,
            "capture-blocked",
            "Capture is blocked",
            str(error),
            rule=error.rule,
            evidence=error.evidence,
            next_step=error.next_step,
            gates=to_plain(error.gates),
        )
    row = next((row for row in _STATUS if isinstance(error, row[0])), None)
    if row is None:
        raise error
    _, status, slug, title = row
    if isinstance(error, errors.IntegrityFailure):
        _log.error(
            "integrity failure",
            correlation=getattr(request.state, "correlation", None),
            error=type(error).__name__,
            detail=str(error),
        )
    more: dict[str, Plain] = {}
    if isinstance(error, errors.RuleViolation):
        more = {"rule": error.rule, "evidence": error.evidence, "next_step": error.next_step}
    if isinstance(error, BeingRebuilt):
        more = {"projections": list(error.names)}
        if error.rebuild is not None:
            more["applied"], more["total"] = error.rebuild.applied, error.rebuild.total
            more["seconds_left"] = error.rebuild.seconds_left
    if isinstance(error, errors.StaleVersion):
        more = {"stream_version": error.found}
    headers = {"Retry-After": RETRY_AFTER_S} if isinstance(error, errors.Unavailable) else None
    return problem(request, status, slug, title, str(error), headers=headers, **more)


def install(app: FastAPI) -> None:
    """Make the application answer every error with a problem document."""

    @app.exception_handler(errors.RecordsError)
    def _domain(request: Request, error: errors.RecordsError) -> JSONResponse:
        return from_error(request, error)

    @app.exception_handler(RequestValidationError)
    def _shape(request: Request, error: RequestValidationError) -> JSONResponse:
        # Only places and kinds of mistakes: the values typed may be personal.
        wrong: list[Plain] = [
            {"where": ".".join(str(part) for part in each["loc"]), "what": str(each["msg"])}
            for each in error.errors()
        ]
        return problem(
            request,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "malformed",
            "Not readable",
            "The request does not have the expected shape.",
            fields=wrong,
        )

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> JSONResponse:
        title = HTTPStatus(error.status_code).phrase
        slug = title.lower().replace(" ", "-")
        headers = dict(error.headers) if error.headers else None
        return problem(request, error.status_code, slug, title, str(error.detail), headers=headers)

    def _database(request: Request, error: Exception) -> JSONResponse:
        _log.warning(
            "database away",
            correlation=getattr(request.state, "correlation", None),
            error=type(error).__name__,
        )
        return from_error(request, errors.Unavailable("the database cannot be used just now"))

    for away in (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError):
        app.add_exception_handler(away, _database)


def too_large(request: Request, limit_bytes: int) -> JSONResponse:
    """Return the problem document for a body larger than its address takes in."""
    return from_error(request, TooLarge(limit_bytes))


def unexpected(request: Request) -> JSONResponse:
    """Return the problem document for what nobody expected."""
    return problem(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "unexpected",
        "Something went wrong here",
        "Nothing was recorded by this request unless it was confirmed. Repeat it with the same "
        "Idempotency-Key, and give the correlation when you report it.",
    )
