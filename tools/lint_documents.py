"""Checks the templates in the documentation with cfn-lint: lint_documents.py

Every YAML block of the Markdown files with a line `Resources:` must be a template without problems.
In schemas/mistakes.yaml, cfn-lint must find exactly the problems that the comments list.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
CFN_LINT = Path(sys.prefix) / "bin" / "cfn-lint"
MISTAKES = ROOT / "schemas" / "mistakes.yaml"


def lint(files: list[Path]) -> list[tuple[Path, int, str, str]]:
    """The file, line, rule and message of each problem that cfn-lint finds."""
    command = [CFN_LINT, "--format", "json", *files]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if not result.stdout.strip():
        raise SystemExit(f"cfn-lint failed: {result.stderr}")
    return [
        (
            Path(match["Filename"]),
            match["Location"]["Start"]["LineNumber"],
            match["Rule"]["Id"],
            match["Message"],
        )
        for match in json.loads(result.stdout)
    ]


def blocks(document: Path) -> list[tuple[int, str]]:
    """The templates in a Markdown file, each with the number of lines before it."""
    text = document.read_text(encoding="utf-8")
    found = re.finditer(r"^```ya?ml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    templates = [match for match in found if re.search(r"^Resources:", match[1], re.MULTILINE)]
    return [(text.count("\n", 0, match.start(1)), match[1]) for match in templates]


def lint_documents(documents: list[Path]) -> list[str]:
    """The problems in the templates of the documents."""
    with tempfile.TemporaryDirectory() as folder:
        sources: dict[Path, tuple[Path, int]] = {}
        for document in documents:
            for before, template in blocks(document):
                copy = Path(folder).resolve() / f"{len(sources)}.yaml"
                copy.write_text(template, encoding="utf-8")
                sources[copy] = (document.relative_to(ROOT), before)
        if not sources:
            raise SystemExit("no template found in the documentation")
        wrong = []
        for copy, line, rule, message in lint(list(sources)):
            document, before = sources[copy]
            wrong.append(f"{document}:{before + line}: {rule} {message}")
        print(f"{len(sources)} templates in {len(documents)} documents")
    return wrong


def compare_mistakes() -> list[str]:
    """The differences between the problems that cfn-lint finds and those in the comments."""
    lines = MISTAKES.read_text(encoding="utf-8").splitlines()
    announced = (re.search(r" # ((?:E\d{4} ?)+)$", line) for line in lines)
    expected = {
        number: set(comment[1].split()) for number, comment in enumerate(announced, 1) if comment
    }
    found: dict[int, set[str]] = {}
    for _, line, rule, _ in lint([MISTAKES]):
        found.setdefault(line, set()).add(rule)
    print(f"{len(expected)} lines with mistakes")
    return [
        f"{MISTAKES.relative_to(ROOT)}:{line}: expected {sorted(expected.get(line, ()))}, "
        f"found {sorted(found.get(line, ()))}"
        for line in sorted(expected.keys() | found.keys())
        if expected.get(line) != found.get(line)
    ]


def main() -> int:
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    generator = ROOT / "docs" / "generator"
    documents = [document for document in documents if generator not in document.parents]
    wrong = lint_documents(documents) + compare_mistakes()
    for problem in wrong:
        print(problem)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
