"""Installs a lock of Python packages into a virtual environment: install.py LOCK DIRECTORY

Called by make before each use. An environment that was made from the same lock is left as it is;
one that is stale, or that an interrupted run left half done, is made anew.
"""

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

OLDEST_PYTHON = (3, 11)  # the locks are for this one and later


def main(lock: Path, directory: Path) -> None:
    # The interpreter and the place count too: an environment holds the paths of both.
    identity = f"{sys.version}\n{sys.executable}\n{directory.resolve()}\n".encode()
    wanted = hashlib.sha256(identity + lock.read_bytes()).hexdigest()
    # Written last, so that it is not there unless everything else is.
    stamp = directory / "complete.sha256"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"installing {lock} into {directory}", flush=True)
    shutil.rmtree(directory, ignore_errors=True)
    venv.create(directory, with_pip=True)
    install(lock, directory / "bin" / "python")
    stamp.write_text(wanted)


def install(lock: Path, python: Path) -> None:
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    # Wheels only: what runs here is what the lock's hashes name, and nothing is built on the way.
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
