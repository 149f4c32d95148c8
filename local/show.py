"""The output of a run: headings, stack events, tables and checks."""

import os
import sys
from collections.abc import Mapping
from datetime import datetime

from local.failure import Failure

BOLD, DIM, RED, GREEN, YELLOW = "1", "2", "31", "32", "33"


def wants_colour() -> bool:
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


def painted(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if wants_colour() else text


def heading(text: str) -> None:
    print(f"\n{painted(text, BOLD)}", flush=True)


def note(text: str) -> None:
    print(f"  {text}", flush=True)


def event(time: datetime, status: str, logical_id: str, resource_type: str, reason: str) -> None:
    """One stack event in one line, so that a log can be searched by line."""
    line = "  ".join(
        [
            painted(time.strftime("%H:%M:%S"), DIM),
            painted(f"{status:<45}", status_colour(status)),
            f"{logical_id:<26}",
            painted(f"{resource_type:<28}", DIM),
            reason,
        ]
    )
    print(f"  {line.rstrip()}", flush=True)


def status_colour(status: str) -> str:
    if "FAILED" in status or "ROLLBACK" in status:
        return RED
    return GREEN if status.endswith("_COMPLETE") else YELLOW


def table(rows: Mapping[str, object]) -> None:
    width = max(map(len, rows), default=0)
    for name, value in rows.items():
        note(f"{painted(f'{name:<{width}}', DIM)}  {value}")


def check(holds: bool, statement: str) -> None:
    """Prints a statement if it holds, and ends the run if it does not."""
    if not holds:
        raise Failure(f"check failed: {statement}")
    note(f"{painted('ok', GREEN)}  {statement}")


def failure(text: str) -> None:
    print(f"\n{painted('failed:', RED)} {text}", file=sys.stderr, flush=True)
