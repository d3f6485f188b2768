"""What the contract suites ask for."""

from tests.contracts.logs import kept_logs, logs, shared_log

__all__ = ["kept_logs", "logs", "shared_log"]
