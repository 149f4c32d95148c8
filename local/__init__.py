"""The local AWS: `make run` (run.py), `make invoke` (invoke.py) and `make smoke` (smoke.py)."""
