"""What every test may ask for: the requirement marker and the real things tests run against."""

import pytest

pytest_plugins = [
    "validation.pytest_plugin",
    "tests.environment.postgres",
    "tests.environment.browser",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a browser, so that a quick run can leave them out by name."""
    for item in items:
        if isinstance(item, pytest.Function) and "chromium" in item.fixturenames:
            item.add_marker(pytest.mark.browser)
