"""The interface as it is described, beside the interface as it is."""

import json
from pathlib import Path

from api.openapi import description

KEPT = Path(__file__).parents[2] / "ui" / "openapi.json"


def test_the_description_that_is_kept_is_that_of_this_interface() -> None:
    assert KEPT.read_text("utf-8") == description(), (
        "the interface changed: run `./vultus openapi --out ui/openapi.json` and look at the change"
    )


def test_no_address_asks_for_anything_personal() -> None:
    described = json.loads(description())
    asked = {
        parameter["name"]
        for operations in described["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
        if parameter["in"] in {"query", "path"}
    }
    personal = {"given_name", "family_name", "date_of_birth", "clinic_number", "account", "name_"}

    assert not asked & personal
    assert "query" in asked  # of subjects: a pseudonym; names go in a body
