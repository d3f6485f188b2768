"""Who is let in before a body is read: the permission first, then the first byte.

Rules kept here:

1. A route that takes a body checks its permission before the first byte of the body is asked for:
   whoever is not signed in, or may not do this, cannot make us hold anything of it.
2. The route's own dependency checks again once the body is there, because a sign-in or a role may
   have ended while it arrived. Whoever is refused is refused, and recorded, once.
3. Stations sign their requests: ``api/calling_station.py`` checks the signature, then reads.

FastAPI alone reads a body before it asks any dependency.
"""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

Answer = Callable[[Request], Coroutine[Any, Any, Response]]


class CheckedFirst(APIRoute):
    """A route whose permission is checked before anything of its body is read."""

    def get_route_handler(self) -> Answer:
        """Return what answers a request.

        Raises:
            LookupError: the route takes a body and names no permission.
        """
        answer = super().get_route_handler()
        if self.body_field is None:
            return answer
        check = next(_checks(self.dependant), None)
        if check is None:
            message = f"{self.path} takes a body and names no permission"
            raise LookupError(message)

        async def answer_whoever_may_ask(request: Request) -> Response:
            await run_in_threadpool(check, request)
            return await answer(request)

        return answer_whoever_may_ask


def _checks(dependant: Dependant) -> Iterator[Callable[[Request], object]]:
    """Yield the dependencies that name a permission, which take the request alone."""
    if dependant.call is not None and hasattr(dependant.call, "permission"):
        yield dependant.call
    for each in dependant.dependencies:
        yield from _checks(each)
