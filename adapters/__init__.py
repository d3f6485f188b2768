"""Machines: the log, the ledger, blobs, keys, imaging, inference, reports and workers."""
