"""Logs to test with."""

from tests.contracts.logs import kept_logs, logs, postgres_logs, sqlite_logs

__all__ = ["kept_logs", "logs", "postgres_logs", "sqlite_logs"]
