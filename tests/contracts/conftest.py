"""What the contract suites ask for."""

from tests.contracts.logs import (
    kept_logs,
    logs,
    postgres_logs,
    shared_log,
    sqlite_logs,
)

__all__ = ["kept_logs", "logs", "postgres_logs", "shared_log", "sqlite_logs"]
