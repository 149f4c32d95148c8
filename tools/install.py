"""Installs a lock of Python packages into a virtual environment: install.py LOCK DIRECTORY

make calls it before each use. An environment of the same lock stays unchanged. A stale or
incomplete one is created again.
"""

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

OLDEST_PYTHON = (3, 11)  # the locks are for this one and later


def main(lock: Path, directory: Path) -> None:
    # An environment contains the path of the interpreter and its own path.
    identity = f"{sys.version}\n{sys.executable}\n{directory.resolve()}\n".encode()
    expected = hashlib.sha256(identity + lock.read_bytes()).hexdigest()
    # Written last, so it exists only in a complete environment.
    stamp = directory / "complete.sha256"
    if stamp.exists() and stamp.read_text() == expected:
        return
    print(f"installing {lock} into {directory}", flush=True)
    shutil.rmtree(directory, ignore_errors=True)
    venv.create(directory, with_pip=True)
    install(lock, directory / "bin" / "python")
    stamp.write_text(expected)


def install(lock: Path, python: Path) -> None:
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    # Only wheels, because a build of a source distribution would run code without a hash.
    subprocess.run(
        [*pip, "--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement", lock],
        check=True,
    )


if __name__ == "__main__":
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"{sys.executable} is Python {sys.version.split()[0]}; 3.11 or later is needed")
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except subprocess.CalledProcessError as error:
        sys.exit(f"failed: {error} (Python needs its venv module, Debian's python3-venv)")
