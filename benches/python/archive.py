"""Writes a zip for Lambda: archive.py ZIP bootstrap, or archive.py ZIP function.py

The zip of a function in Python contains the packages that it imports. Lambda has the client of the
Runtime API, so the zip does not contain it.
"""

import importlib.metadata
import re
import sys
import zipfile
from pathlib import Path

PACKAGES = ["boto3", "crhelper"]
LEVEL = 9  # as in local/package.py


def main(archive: Path, source: Path) -> None:
    files = python_files(source) if source.suffix == ".py" else {"bootstrap": source}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as package:
        for name, file in sorted(files.items()):
            package.write(file, name)


def python_files(function: Path) -> dict[str, Path]:
    """The function and its packages by their names in the zip, without byte code."""
    files = {function.name: function}
    for package in requirements(PACKAGES):
        for file in importlib.metadata.files(package) or []:
            if ".." not in file.parts and "__pycache__" not in file.parts:
                files[str(file)] = Path(file.locate())
    return files


def requirements(packages: list[str]) -> set[str]:
    """The packages and their dependencies, without extras."""
    found: set[str] = set()
    while packages:
        package = packages.pop()
        if package not in found:
            found.add(package)
            needs = importlib.metadata.requires(package) or []
            packages += [re.split(r"[^\w.-]", need)[0] for need in needs if "extra ==" not in need]
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
