"""Checks the English of this repository: lint_prose.py

Reads the pages, the comments, the messages in Rust and Python, the descriptions in the templates,
and the names of the tests. Harper checks grammar and spelling; tools/prose/vocabulary.txt has the
words that are not in its dictionary. tools/prose/rules.toml has the exceptions from its rules, and
the phrases that the project avoids.
"""

import ast
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).parents[1]
HARPER = Path(sys.prefix) / "bin" / "harper"
RULES = tomllib.loads((ROOT / "tools/prose/rules.toml").read_text(encoding="utf-8"))
VOCABULARY = ROOT / "tools/prose/vocabulary.txt"


class Passage(NamedTuple):
    """A page, a block of comments or a message: Markdown that begins on a line of a file."""

    path: Path
    line: int
    text: str


class Problem(NamedTuple):
    path: Path
    line: int
    message: str


# Folders of tools and of builds.
SKIPPED = {".aws-sam", ".git", ".tools", "__pycache__", "target"}


def files() -> list[Path]:
    found: list[Path] = []
    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = sorted(set(subfolders) - SKIPPED)
        found += [Path(folder) / name for name in sorted(names)]
    return found


# --- The passages of a file, each with the line on which it begins


def passages(path: Path) -> list[Passage]:
    read = READERS.get(path.suffix or path.name)
    found = read(path.read_text(encoding="utf-8")) if read else []
    return [Passage(path, line, passage) for line, passage in found]


def page(text: str) -> Iterator[tuple[int, str]]:
    yield 1, text


RUST_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*)
      | r(?P<hashes>\#*)"(?P<raw>.*?)"(?P=hashes)
      | "(?P<string>(?:[^"\\]|\\.)*)"
      | '(?:[^'\\\n]|\\[^\n]+?)'""",
    re.VERBOSE | re.DOTALL,
)
ESCAPE = re.compile(r"\\(?:([\"\\])|u\{\w+\}|.)", re.DOTALL)


def rust(text: str) -> Iterator[tuple[int, str]]:
    comments = []
    for token in RUST_TOKEN.finditer(text):
        line = text.count("\n", 0, token.start()) + 1
        if token["comment"] is not None:
            comments.append((line, re.sub("^//[/!]? ?", "", token["comment"])))
        else:
            joined = re.sub(r"\\\n\s*", "", token["raw"] or token["string"] or "")
            yield from message(line, ESCAPE.sub(lambda escape: escape[1] or "\n", joined))
    yield from blocks(comments)


def python(text: str) -> Iterator[tuple[int, str]]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    comments = (token for token in tokens if token.type == tokenize.COMMENT)
    yield from blocks([(token.start[0], token.string.lstrip("# ")) for token in comments])
    nodes = list(ast.walk(ast.parse(text)))
    parts = [part for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values]
    for node in nodes:
        match node:
            case ast.JoinedStr(values=values):
                known = (part.value if isinstance(part, ast.Constant) else "{}" for part in values)
                yield from message(node.lineno, "".join(known))
            case ast.Constant(value=str(value)) if node not in parts:
                yield from message(node.lineno, value)
            case _:
                pass


def template(text: str) -> Iterator[tuple[int, str]]:
    yield from hash_comments(text)
    nodes = [yaml.compose(text)]
    while nodes:
        match nodes.pop():
            case yaml.MappingNode(value=pairs):
                nodes += [node for pair in pairs for node in pair]
            case yaml.SequenceNode(value=entries):
                nodes += entries
            case scalar:
                yield from message(scalar.start_mark.line + 1, scalar.value)


def hash_comments(text: str) -> Iterator[tuple[int, str]]:
    found = ((number, HASH.search(line)) for number, line in enumerate(text.splitlines(), 1))
    return blocks([(number, comment[1]) for number, comment in found if comment])


HASH = re.compile(r"(?:^|\s)#+(?:@? (.*))?$")


def blocks(comments: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Joins the comments on successive lines, so that a sentence may continue on the next line."""
    block: list[str] = []
    for index, (line, comment) in enumerate(comments):
        block.append(comment or "")
        if index + 1 == len(comments) or comments[index + 1][0] != line + 1:
            yield line + 1 - len(block), "\n".join(block)
            block = []


PROSE = re.compile(r"\b[A-Za-z]+ [a-z]+ [a-z]+\b")
CODE_START = re.compile(r"\s*[\[{<]|version:")


def message(line: int, text: str) -> Iterator[tuple[int, str]]:
    """A string with three words in a row is for people, unless it is JSON or a build script."""
    if PROSE.search(text) and not CODE_START.match(text):
        yield line, re.sub(r"(?<!\{)\{[^{}]*\}", "`value`", text)


READERS = {
    ".in": hash_comments,
    ".md": page,
    ".py": python,
    ".rs": rust,
    ".sh": hash_comments,
    ".toml": hash_comments,
    ".yaml": template,
    ".yml": template,
    "Makefile": hash_comments,
}


# --- The checks

DOCUMENTS = 2


def grammar(found: list[Passage]) -> Iterator[Problem]:
    """Harper's lints. It checks several documents at the same time.

    Their number is fixed, because Harper's result for a passage can depend on those before it.
    """
    shares = [found[share::DOCUMENTS] for share in range(DOCUMENTS)]
    with tempfile.TemporaryDirectory() as folder:
        documents = [Path(folder) / f"{share}.md" for share in range(DOCUMENTS)]
        for document, share in zip(documents, shares, strict=True):
            document.write_text("".join(f"{passage.text}\n\n" for passage in share))
        command = [HARPER, "lint", *documents, "--format", "json", "--no-color", "--quiet"]
        command += ["--user-dict-path", VOCABULARY, "--file-dict-path", folder]
        command += ["--ignore", ",".join(RULES["off"])]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    if not result.stdout or "Warning" in result.stderr:
        raise SystemExit(f"harper failed: {result.stderr}")
    checked = {report["file"]: report["lints"] for report in json.loads(result.stdout)}
    for document, share in zip(documents, shares, strict=True):
        places = [
            (passage, number, line)
            for passage in share
            for number, line in enumerate(f"{passage.text}\n".split("\n"), passage.line)
        ]
        for lint in checked[document.name]:
            passage, number, line = places[lint["line"] - 1]
            if not accepted(lint, line):
                text = f"{lint['rule']}: {lint['matched_text']!r}: {lint['message']}"
                yield Problem(passage.path, number, text)


def accepted(lint: dict, line: str) -> bool:
    """True for an exception in the rules, and in a path, an ARN, an option or an identifier."""
    before, after = line[: lint["column"] - 1], line[lint["column"] - 1 :]
    word = re.search(r"\S*$", before)[0] + re.search(r"^\s*\S*", after)[0]
    identifier = re.search(r"--|[:/._]\w|[a-z][A-Z]|\d", word)
    text = " ".join(lint["matched_text"].split())
    return bool(identifier) or text in RULES["accept"].get(lint["rule"], [])


def phrases(passage: Passage) -> Iterator[Problem]:
    text = CODE.sub(lambda code: "\n" * code[0].count("\n") + "`", passage.text)
    for phrase in RULES["phrase"]:
        for match in pattern(phrase).finditer(text):
            line = passage.line + text.count("\n", 0, match.start("phrase"))
            words = " ".join(match["phrase"].split())
            yield Problem(passage.path, line, f"{words!r}: {phrase['instead']}")


CODE = re.compile(r"^```.*?^```$|``.*?``|`[^`]*`|<!--.*?-->|\]\([^)]*\)", re.MULTILINE | re.DOTALL)
STATEMENT = r"(?:\A|[.!?:|]\s|\n\s*\n|\n[ #>|*-]+|\n\d+\.)\s*"


def pattern(phrase: dict) -> re.Pattern:
    words = f"\\b(?P<phrase>{phrase['pattern']})\\b".replace(" ", r"\s+")
    if "statement" in phrase:
        return re.compile(rf"{STATEMENT}{words}(?![^.?!]*\?)")
    return re.compile(words, re.IGNORECASE)


TEST = re.compile(r"#\[(?:tokio::)?test.*?\bfn (?:case_\d+_)?(\w+)|\bdef test_(\w+)", re.DOTALL)


def test_names(path: Path) -> Iterator[Problem]:
    text = path.read_text(encoding="utf-8") if path.suffix in (".py", ".rs") else ""
    for test in TEST.finditer(text):
        name = test[1] or test[2]
        if name.count("_") >= 8:
            line = text.count("\n", 0, test.end()) + 1
            yield Problem(path, line, f"{name}: at most eight words; the rest is a doc comment")


def main() -> int:
    for phrase in RULES["phrase"]:
        if not pattern(phrase).search(phrase["example"]):
            raise SystemExit(f"the pattern {phrase['pattern']!r} does not match its example")
    paths = files()
    found = [passage for path in paths for passage in passages(path)]
    problems = [problem for passage in found for problem in phrases(passage)]
    problems += [problem for path in paths for problem in test_names(path)]
    problems += grammar(found)
    for path, line, text in sorted(problems):
        print(f"{path.relative_to(ROOT)}:{line}: {text}")
    print(f"{len(problems)} problems in {len(found)} passages of {len(paths)} files")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
