"""Makes the zips that Lambda would be given: archive.py ZIP bootstrap, archive.py ZIP function.py

A zip of a function in Python has with it what the function imports. The Runtime API client is left
out: Lambda has it. The function is also staged beside its zip, with its byte code, as its packages
have theirs from when they were installed; Lambda would have to compile all of it, or read it from a
slower disk.
"""

import importlib.metadata
import py_compile
import re
import shutil
import sys
import zipfile
from pathlib import Path

PACKAGES = ["boto3", "crhelper"]
# As local/package.py zips what is deployed.
LEVEL = 9


def main(archive: Path, source: Path) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    files = python_files(source) if source.suffix == ".py" else {"bootstrap": source}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as package:
        for name, file in sorted(files.items()):
            package.write(file, name)
    if source.suffix == ".py":
        stage(source, archive.with_suffix(""))


def python_files(function: Path) -> dict[str, Path]:
    """The function and its packages, by their names in the zip. Byte code is left out, as by those
    who care for the size."""
    files = {function.name: function}
    for package in sorted(requirements(PACKAGES)):
        for file in importlib.metadata.files(package) or []:
            if ".." not in file.parts and "__pycache__" not in file.parts:
                files[str(file)] = Path(file.locate())
    return files


def requirements(packages: list[str]) -> set[str]:
    """The packages and what they need in turn, extras aside."""
    found: set[str] = set()
    while packages:
        package = packages.pop()
        if package not in found:
            found.add(package)
            needs = importlib.metadata.requires(package) or []
            packages += [re.split(r"[^\w.-]", need)[0] for need in needs if "extra ==" not in need]
    return found


def stage(function: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    py_compile.compile(str(shutil.copy(function, folder)), doraise=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
