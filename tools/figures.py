"""Checks that the figures in the documentation belong to the current code.

    figures.py check PAGE...           names figures that are older than the code they are about
    figures.py stamp COMMAND PAGE...   writes the current revision to the figures of this command
    figures.py named PAGE...           names figures without a revision; needs no repository

A page names the command and the revision of its figures, and the files that they are about:

    Figures of `make bench` at revision `0123abc` (`src`, `Cargo.lock`)

A figure is taken again by hand: run the command, copy its output to the page, and stamp the page.
"""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

MARK = re.compile(
    r"Figures\s+of\s+`(?P<command>[^`]+)`\s+at\s+revision\s+`(?P<revision>[0-9a-f]{7,40})`"
    r"\s+\((?P<paths>`[^)]+`)\)"
)
BEGINNING = re.compile(r"Figures\s+of\s+`")


@dataclass(frozen=True)
class Figures:
    page: Path
    command: str
    revision: str
    paths: list[str]

    def problem(self) -> str | None:
        """The reason why these figures must be taken again."""
        name = f"{self.page}: the figures of `{self.command}`"
        if git("rev-parse", "--quiet", "--verify", f"{self.revision}^{{commit}}").returncode:
            return f"{name} are from {self.revision}, which is not in this repository"
        if missing := [path for path in self.paths if not Path(path).exists()]:
            return f"{name} are about {', '.join(missing)}, which do not exist"
        changed = git("diff", "--name-only", self.revision, "--", *self.paths).stdout.split()
        if changed:
            more = f" and {len(changed) - 1} more files" if changed[1:] else ""
            return f"{name} are from {self.revision}, before a change of {changed[0]}{more}"
        return None


def figures_in(page: Path) -> list[Figures]:
    return [
        Figures(
            page,
            " ".join(mark["command"].split()),
            mark["revision"],
            re.findall(r"`([^`]+)`", mark["paths"]),
        )
        for mark in MARK.finditer(page.read_text())
    ]


def unnamed(page: Path) -> str | None:
    written, named = len(BEGINNING.findall(page.read_text())), len(figures_in(page))
    return None if written == named else f"{page}: {written - named} figures without a revision"


def stamp(command: str, pages: list[Path]) -> int:
    """Writes the current revision to the marks of a command; returns their number."""
    stale = [each for page in pages for each in figures_in(page) if each.command == command]
    for figures in stale:
        if changed := git("diff", "--name-only", "HEAD", "--", *figures.paths).stdout.split():
            sys.exit(
                "commit the changes first, because figures belong to a revision: "
                f"{', '.join(changed)}"
            )
    revision = git("rev-parse", "--short", "HEAD").stdout.strip()
    stamped = 0

    def current(mark: re.Match) -> str:
        nonlocal stamped
        if " ".join(mark["command"].split()) != command:
            return mark[0]
        stamped += 1
        return mark[0].replace(f"`{mark['revision']}`", f"`{revision}`")

    for page in pages:
        page.write_text(MARK.sub(current, page.read_text()))
    return stamped


def git(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)


def main(action: str, *arguments: str) -> int:
    match action:
        case "check":
            problems = [each.problem() for page in arguments for each in figures_in(Path(page))]
        case "named":
            problems = [unnamed(Path(page)) for page in arguments]
        case "stamp":
            command, *pages = arguments
            if not stamp(command, [Path(page) for page in pages]):
                sys.exit(f"no page has figures of `{command}`")
            return 0
        case _:
            sys.exit(__doc__)
    problems = [problem for problem in problems if problem]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if sys.argv[1:] else __doc__)
