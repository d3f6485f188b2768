"""The web application: routes, middleware, health, static UI; nothing else.

Rules kept here:

1. The application that is tested is the one that is shipped; there is no other.
2. Whatever is under ``/api`` answers with JSON or a problem document; everything else that is not
   a file of the UI answers with the UI, which has its own pages.
3. Uploads are taken in in memory, within their limits: in clear they never touch a disk.
4. Only addresses that take in files take in more than JSON needs.
"""

import re
import threading
import uuid
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from starlette.types import Receive, Scope, Send

from adapters.device_nonces import DeviceNonces
from api import problems
from api.bodies import LARGE_BODIES_AT_ONCE, LARGEST_JSON_BYTES, STALLED_S, WAIT_S, Places
from api.rate_limit import RateLimit
from api.releases import MANIFEST_BYTES_MAX, model_bytes_max
from api.requests import Requests
from api.routes import (
    acquisition_protocols,
    assessments,
    audit_trail,
    capture_sessions,
    claims,
    consents,
    device_posts,
    documentation,
    equipment,
    health,
    images,
    ledger,
    model_releases,
    outside,
    practitioners,
    projections,
    reports,
    signin,
    storage,
    studies,
    subjects,
    surfaces,
    traceability,
    updates,
    witness,
    worklist,
)
from api.security_headers import SecurityHeaders
from api.version import VERSION
from api.wiring import System

PREFIX = "/api/v1"
NONCE_MARK = "__CSP_NONCE__"
FORM_BYTES = 1 << 20
"""What the other fields of an upload may take."""

_FILES = re.compile(f"{PREFIX}/(device/.*|capture-sessions/[^/]+/photographs|studies/[^/]+/result)")
_MODELS = f"{PREFIX}/model-releases"
_ROUTES = (
    signin,
    worklist,
    subjects,
    consents,
    capture_sessions,
    images,
    surfaces,
    assessments,
    reports,
    traceability,
    audit_trail,
    ledger,
    outside,
    projections,
    storage,
    equipment,
    acquisition_protocols,
    model_releases,
    claims,
    studies,
    practitioners,
    device_posts,
    updates,
)


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
        openapi_url=None,
    )
    app.state.system = system
    app.state.static = static
    app.state.nonces = None if system is None else DeviceNonces(system.engine)
    app.state.code_checks = RateLimit()
    app.state.stopping = threading.Event()
    problems.install(app)
    for routes in _ROUTES:
        app.include_router(routes.ROUTER, prefix=PREFIX)
    app.include_router(health.ROUTER)
    app.include_router(witness.ROUTER)
    app.include_router(documentation.ROUTER)
    app.router.default = _Elsewhere(static)
    upload_bytes = FORM_BYTES if system is None else system.settings.upload_limit_bytes
    model_bytes = model_bytes_max() + MANIFEST_BYTES_MAX
    # What is uploaded is a face; beyond this size it would be spooled to a file, in clear.
    MultiPartParser.spool_max_size = max(
        MultiPartParser.spool_max_size, upload_bytes + FORM_BYTES, model_bytes + FORM_BYTES
    )

    def limit_bytes(path: str) -> int:
        if path == _MODELS:
            return model_bytes + FORM_BYTES
        return upload_bytes + FORM_BYTES if _FILES.fullmatch(path) else LARGEST_JSON_BYTES

    def name() -> str:
        return str(uuid.uuid4()) if system is None else system.randomness.uuid()

    places = Places(LARGE_BODIES_AT_ONCE, wait_s=WAIT_S, stalled_s=STALLED_S)
    app.add_middleware(Requests, name=name, limit_bytes=limit_bytes, places=places)
    app.add_middleware(SecurityHeaders)
    return app


class _Elsewhere:
    """Answers where no route does: with files and pages of the UI, or that nothing is there."""

    def __init__(self, static: Path | None) -> None:
        self._root = None if static is None else static.resolve()
        self._page = "" if static is None else (static / "index.html").read_text("utf-8")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope)
        response = self._answer(request)
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        path = request.url.path.lstrip("/")
        shown = self._root is not None and request.method in {"GET", "HEAD"}
        if self._root is None or not shown or path == "api" or path.startswith("api/"):
            raise HTTPException(404, "There is nothing at this address.")
        file = (self._root / path).resolve()
        if file != self._root and file.is_relative_to(self._root) and file.is_file():
            return FileResponse(file)
        return HTMLResponse(self._page.replace(NONCE_MARK, request.state.nonce))
