"""The description of the HTTP interface, as a file that reviewers see change."""

import json

from api.app import create_app


def description() -> str:
    """Return the OpenAPI description as JSON with sorted keys, for ``ui/openapi.json``."""
    return json.dumps(create_app(None).openapi(), indent=1, sort_keys=True) + "\n"
