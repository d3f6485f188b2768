"""What every test may ask for: the requirement marker and the real things tests run against."""

pytest_plugins = [
    "validation.pytest_plugin",
    "tests.environment.postgres",
    "tests.environment.browser",
]
