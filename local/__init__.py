"""Drives the local AWS: `make run` (run.py) and `make invoke` (invoke.py)."""
