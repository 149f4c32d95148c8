"""Copies the results of the last benchmarks into the documentation: bench_docs.py RESULTS PAGE

A table replaces the lines between the comments that mark its section of the page. The folder with
the name of the page receives the plot.
"""

import shutil
import sys
from pathlib import Path


def main(results: Path, page: Path) -> None:
    text = page.read_text()
    for name in ["cold-start", "delivery"]:
        table = (results / f"{name}.md").read_text().strip()
        before, begin, rest = text.partition(f"<!-- {name}: begin -->")
        _, end, after = rest.partition(f"<!-- {name}: end -->")
        if not end:
            sys.exit(f"{page} has no section {name}")
        text = f"{before}{begin}\n\n{table}\n\n{end}{after}"
    page.write_text(text)
    shutil.copy(results / "cold-start.svg", page.with_suffix(""))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
