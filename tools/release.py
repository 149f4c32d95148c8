"""Runs a release build whose binary contains no paths: release.py ARCHITECTURE COMMAND...

rustc writes the paths of sources into panic messages, so the binary would depend on the folder of
the build and would publish its name. This script maps each folder to a fixed name. Cargo's own
option for that, trim-paths, is not stable.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

# The values that cargo-lambda chooses for Lambda's processors. Cargo ignores them if other flags
# are set, as here.
PROCESSORS = {"arm64": "neoverse-n1", "x86_64": "haswell"}
# Both architectures have the same dependencies.
PLATFORM = "x86_64-unknown-linux-musl"


def main(architecture: str, command: list[str]) -> None:
    flags = [f"-Ctarget-cpu={PROCESSORS[architecture]}"]
    flags += [f"--remap-path-prefix={folder}={name}" for folder, name in places()]
    # Unlike RUSTFLAGS, it can contain paths with spaces, and it overrides all other flags.
    os.environ["CARGO_ENCODED_RUSTFLAGS"] = "\x1f".join(flags)
    os.execvp(command[0], command)


def places() -> list[tuple[str, str]]:
    """The folders of sources and their names. If two match, rustc uses the later one."""
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
        # The sources of the standard library: the name that they have if they are not installed.
        (f"{sysroot}/lib/rustlib/src/rust", f"/rustc/{version['commit-hash']}"),
    ]


def output(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2:])
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"failed: {error}")
