"""Runs a release build that knows nothing of where it runs: release.py ARCHITECTURE COMMAND...

rustc writes the paths of sources into panic messages, so the same commit would be another binary
in another folder, and whoever downloads it would read the names of the builder's folders. Here each
folder gets a name that is the same everywhere. Cargo's own option for that, trim-paths, is not
stable.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

# What cargo-lambda chooses for Lambda's processors. Cargo uses its choice only where no other flags
# are given, so it is given here as well.
PROCESSORS = {"arm64": "neoverse-n1", "x86_64": "haswell"}
# Both architectures have the same dependencies.
PLATFORM = "x86_64-unknown-linux-musl"


def main(architecture: str, command: list[str]) -> None:
    flags = [f"-Ctarget-cpu={PROCESSORS[architecture]}"]
    flags += [f"--remap-path-prefix={folder}={name}" for folder, name in places()]
    # Unlike RUSTFLAGS it can hold paths with spaces, and it outranks what others have set.
    os.environ["CARGO_ENCODED_RUSTFLAGS"] = "\x1f".join(flags)
    os.execvp(command[0], command)


def places() -> list[tuple[str, str]]:
    """Where sources lie, and what to call it. Of two that fit, rustc takes the later."""
    metadata = json.loads(
        output("cargo", "metadata", "--locked", "--format-version=1", "--filter-platform", PLATFORM)
    )
    # The parents of the folders `<name>-<version>`: one for each registry.
    registries = {
        str(Path(package["manifest_path"]).parent.parent)
        for package in metadata["packages"]
        if package["source"]
    }
    sysroot = output("rustc", "--print", "sysroot")
    version = dict(line.split(": ", 1) for line in output("rustc", "-vV").splitlines()[1:])
    return [
        (metadata["workspace_root"], ""),
        # Sources that build scripts write.
        (metadata["target_directory"], "target"),
        *((registry, "") for registry in sorted(registries)),
        # The standard library's sources, where they are installed, by the name that they have where
        # they are not.
        (f"{sysroot}/lib/rustlib/src/rust", f"/rustc/{version['commit-hash']}"),
    ]


def output(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2:])
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"failed: {error}")
