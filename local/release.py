"""`make release`: the files of a release in one folder, from the packages and the SBOM.

    python -m local.release check VERSION
    python -m local.release assemble VERSION PACKAGES CARGO_CYCLONEDX OUTPUT
    python -m local.release pages

`check` fails unless the version, the tag, the changelog and the pages agree and the worktree is
clean. `pages` writes the version and the URL of the repository from Cargo.toml into the pages.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from local import package
from local.failure import Failure

ARCHITECTURES = ["arm64", "x86_64"]
CHANGELOG = Path("CHANGELOG.md")
SBOM = "orgtrail.cdx.json"
# For `sam package` and `sam publish`.
SAM_PUBLISH = "orgtrail-serverless-repo.json"
# In the shell commands of the pages.
PAGE_VARIABLE = re.compile(r"^( *)(repository|version)=.*$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?://|#)([^)]+)\)")


def main(arguments: list[str]) -> None:
    match arguments:
        case ["check", version]:
            check(version)
        case ["assemble", version, packages, cargo_cyclonedx, output]:
            assemble(version, Path(packages), Path(cargo_cyclonedx), Path(output))
        case ["pages"]:
            for page in pages():
                page.write_text(with_variables(page.read_text()))
        case _:
            sys.exit(__doc__)


def cargo_package() -> dict:
    return tomllib.loads(Path("Cargo.toml").read_text())["package"]


def check(version: str) -> None:
    """Raises `Failure` unless everything that names a version names this one."""
    cargo = cargo_package()
    if version != cargo["version"]:
        raise Failure(f"Cargo.toml has version {cargo['version']}, not {version}")
    notes(version)
    if section(CHANGELOG.read_text(), "Unreleased"):
        raise Failure(f"{CHANGELOG} has unreleased entries: move them to the section [{version}]")
    stale = [str(page) for page in pages() if with_variables(page.read_text()) != page.read_text()]
    if stale:
        raise Failure(f"{', '.join(stale)}: another version or repository; run make pages")
    if changed := output("git", "status", "--porcelain"):
        raise Failure(f"the worktree has changes that are not committed:\n{changed}")
    check_tag(f"v{version}")
    check_repository(cargo["repository"])


def check_tag(tag: str) -> None:
    """A tag of the version, if there is one, is at this commit, and no other version's tag is."""
    here = output("git", "tag", "--points-at", "HEAD", "--list", "v*").split()
    if others := [name for name in here if name != tag]:
        raise Failure(f"this commit has the tag {', '.join(others)}, not {tag}")
    if not here and output("git", "tag", "--list", tag):
        raise Failure(f"the tag {tag} is at another commit")


def check_repository(url: str) -> None:
    """In a workflow of GitHub, the URL in Cargo.toml must be that of the repository."""
    if name := os.environ.get("GITHUB_REPOSITORY"):
        actual = f"{os.environ['GITHUB_SERVER_URL']}/{name}"
        if url != actual:
            raise Failure(f"this is the repository {actual}, and Cargo.toml has {url}")


def notes(version: str) -> str:
    """The changelog's section of a version, without its heading."""
    text = CHANGELOG.read_text()
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", text, re.MULTILINE):
        raise Failure(f"{CHANGELOG} has no section `## [{version}] - YYYY-MM-DD`")
    if not (found := section(text, version)):
        raise Failure(f"the section [{version}] of {CHANGELOG} is empty")
    return found


def section(changelog: str, name: str) -> str:
    found = re.search(
        rf"^## \[{re.escape(name)}\].*?$(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    return found[1].strip() if found else ""


def pages() -> list[Path]:
    listed = output("git", "ls-files", "*.md").splitlines()
    return [page for page in map(Path, listed) if PAGE_VARIABLE.search(page.read_text())]


def with_variables(page: str) -> str:
    cargo = cargo_package()
    return PAGE_VARIABLE.sub(lambda found: f"{found[1]}{found[2]}={cargo[found[2]]}", page)


def assemble(version: str, packages: Path, cargo_cyclonedx: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for architecture in ARCHITECTURES:
        name = f"orgtrail-{architecture}"
        shutil.copy(packages / architecture / package.ZIP, folder / f"{name}.zip")
        template = package.plain(Path("template.yaml"), architecture, f"{name}.zip")
        write_template(folder / f"{name}.json", template)
        if architecture == ARCHITECTURES[0]:
            template["Metadata"][package.APPLICATION] = application(version)
            write_template(folder / SAM_PUBLISH, template)
    for example in sorted(Path("examples").glob("*.yaml")):
        shutil.copy(example, folder)
    for tool in ("plan.py", "plan.txt"):
        shutil.copy(Path("tools") / tool, folder)
    shutil.copy("LICENSE", folder)
    (folder / "README.md").write_text(with_absolute_links(Path("README.md").read_text(), version))
    (folder / "RELEASE_NOTES.md").write_text(notes(version) + "\n")
    (folder / SBOM).write_text(sbom(cargo_cyclonedx))
    write_sums(folder)


def write_template(file: Path, template: dict) -> None:
    file.write_text(json.dumps(template, indent=2) + "\n")


def application(version: str) -> dict:
    repository = cargo_package()["repository"]
    return package.application(Path("template.yaml")) | {
        "SemanticVersion": version,
        "HomePageUrl": repository,
        "SourceCodeUrl": f"{repository}/tree/v{version}",
    }


def with_absolute_links(page: str, version: str) -> str:
    """A page whose links to files work outside of the repository."""
    files = f"{cargo_package()['repository']}/blob/v{version}"
    return LINK.sub(rf"]({files}/\1)", page)


def sbom(cargo_cyclonedx: Path) -> str:
    """The SBOM of the function in CycloneDX's JSON, the same in every folder and at every time."""
    time = output("git", "log", "-1", "--format=%ct")
    command = [cargo_cyclonedx.resolve(), "cyclonedx", "--format", "json", "--spec-version", "1.5"]
    with tempfile.TemporaryDirectory() as copy:
        # It writes one file for each package of the workspace, next to its Cargo.toml.
        archive = subprocess.run(["git", "archive", "HEAD"], check=True, stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", copy], check=True, input=archive.stdout)
        subprocess.run(
            [*command, "--target", "x86_64-unknown-linux-musl"],
            cwd=copy,
            check=True,
            env=os.environ | {"SOURCE_DATE_EPOCH": time},
        )
        document = Path(copy, SBOM).read_text()
        return document.replace(f"file://{Path(copy).resolve()}", "file:///orgtrail")


def write_sums(folder: Path) -> None:
    files = sorted(file for file in folder.iterdir())
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}" for file in files]
    (folder / "SHA256SUMS").write_text("\n".join(sums) + "\n")
    print(f"{folder}:", *sums, sep="\n")


def output(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Failure, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"failed: {error}")
