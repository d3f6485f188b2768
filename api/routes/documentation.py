"""The description of this interface, for programs and for people; nothing comes from elsewhere."""

from html import escape
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse

from api.signin import anyone

ROUTER = APIRouter(dependencies=[Depends(anyone)], include_in_schema=False)


@ROUTER.get("/openapi.json")
def openapi(request: Request) -> JSONResponse:
    """Return the OpenAPI description of every route."""
    return JSONResponse(request.app.openapi())


@ROUTER.get("/docs")
@ROUTER.get("/docs/")
def docs(request: Request) -> Response:
    """Return the page of the built UI; a plain list of the addresses where there is none."""
    static: Path | None = request.app.state.static
    page = None if static is None else static / "docs" / "index.html"
    if page is not None and page.is_file():
        return FileResponse(page)
    return HTMLResponse(_plain(request.app.openapi()))


def _plain(described: dict[str, Any]) -> str:
    lines = [
        f"<tr><td><code>{method.upper()}</code></td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(operation.get('description') or operation.get('summary', ''))}</td></tr>"
        for path, operations in sorted(described["paths"].items())
        for method, operation in operations.items()
    ]
    title = escape(f"{described['info']['title']} {described['info']['version']}")
    return (
        '<!doctype html><html lang="en-AU"><head><meta charset="utf-8">'
        f"<title>{title}: programming interface</title></head><body><h1>{title}</h1>"
        '<p>The whole description is in <a href="/openapi.json">openapi.json</a>.</p>'
        f"<table>{''.join(lines)}</table></body></html>"
    )
