"""The web application: routes, middleware, health, static UI; nothing else.

Rules kept here:

1. The application that is tested is the one that is shipped; there is no other.
2. Whatever is under ``/api`` answers with JSON or a problem document; everything else that is not
   a file of the UI answers with the UI, which has its own pages.
"""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from starlette.exceptions import HTTPException

from api import problems
from api.routes import (
    acquisition_protocols,
    assessments,
    audit_trail,
    capture_sessions,
    consents,
    device_posts,
    equipment,
    health,
    images,
    ledger,
    model_releases,
    practitioners,
    reports,
    signin,
    subjects,
    traceability,
    updates,
    worklist,
)
from api.security_headers import SecurityHeaders
from api.version import VERSION
from api.wiring import System

PREFIX = "/api/v1"
NONCE_MARK = "__CSP_NONCE__"
_ROUTES = (
    signin,
    worklist,
    subjects,
    consents,
    capture_sessions,
    images,
    assessments,
    reports,
    traceability,
    audit_trail,
    ledger,
    equipment,
    acquisition_protocols,
    model_releases,
    practitioners,
    device_posts,
    updates,
)
_log = structlog.get_logger()


def create_app(system: System | None, *, static: Path | None = None) -> FastAPI:
    """Return the application.

    Args:
        system: What stands behind it; none only to describe the interface.
        static: Folder of the built UI; none serves the interface alone.
    """
    app = FastAPI(
        title="Vultus",
        version=VERSION,
        description="The record system of a clinical facial-imaging portal.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.state.system = system
    problems.install(app)
    for routes in _ROUTES:
        app.include_router(routes.ROUTER, prefix=PREFIX)
    app.include_router(health.ROUTER)
    app.middleware("http")(_correlate)
    app.add_middleware(SecurityHeaders)
    if static is not None:
        _serve_ui(app, static)
    return app


async def _correlate(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Name the request, so that its log lines, records and problems can be put together."""
    began = time.perf_counter()
    system: System | None = request.app.state.system
    correlation = "" if system is None else system.randomness.uuid()
    request.state.correlation = correlation
    response = await call_next(request)
    response.headers["X-Vultus-Correlation"] = correlation
    route = request.scope.get("route")
    _log.info(
        "request",
        correlation=correlation,
        method=request.method,
        # The template, not the address: addresses hold identifiers.
        route=getattr(route, "path", "static"),
        status=response.status_code,
        duration_ms=round((time.perf_counter() - began) * 1000, 1),
    )
    return response


def _serve_ui(app: FastAPI, static: Path) -> None:
    root = static.resolve()
    page = (root / "index.html").read_text()

    @app.get("/{path:path}", include_in_schema=False)
    def ui(path: str, request: Request) -> Response:
        if path.startswith("api/"):
            raise HTTPException(404, "There is nothing at this address.")
        file = (root / path).resolve()
        if file != root and file.is_relative_to(root) and file.is_file():
            # File names of the build change with their content.
            fresh = "public, max-age=31536000, immutable" if path.startswith("assets/") else None
            return FileResponse(file, headers={"Cache-Control": fresh} if fresh else None)
        return HTMLResponse(page.replace(NONCE_MARK, request.state.nonce))
