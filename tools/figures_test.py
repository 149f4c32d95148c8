"""Changes the code below figures, and expects tools/figures.py to refuse the figures."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOL = Path(__file__).with_name("figures.py").resolve()
PAGE = "Figures\nof `make bench` at revision `{}` (`src`, `lock`): 42\n"


@unittest.skipUnless(shutil.which("git"), "requires Git")
class FiguresOfARepository(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "src").mkdir()
        self.git("init", "--quiet")
        self.write("src/code.rs", "1")
        self.write("lock", "1")
        self.write("page.md", PAGE.format(self.commit()))

    def write(self, path: str, text: str) -> None:
        (self.root / path).write_text(text)

    def git(self, *arguments: str) -> str:
        own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        for role in ("AUTHOR", "COMMITTER"):
            own |= {f"GIT_{role}_NAME": "test", f"GIT_{role}_EMAIL": "test@example.com"}
        command = ["git", *arguments]
        run = subprocess.run(
            command, cwd=self.root, env=os.environ | own, capture_output=True, text=True, check=True
        )
        return run.stdout.strip()

    def commit(self) -> str:
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", "Change")
        return self.git("rev-parse", "--short", "HEAD")

    def figures(self, *arguments: str) -> tuple[int, str]:
        command = [sys.executable, TOOL, *arguments]
        run = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)
        return run.returncode, run.stderr

    def test_accepts_figures_of_the_current_code(self):
        self.write("other", "1")
        self.commit()
        self.assertEqual(self.figures("check", "page.md"), (0, ""))

    def test_refuses_figures_of_older_code(self):
        self.write("src/code.rs", "2")
        in_work_tree = self.figures("check", "page.md")
        self.commit()
        in_commit = self.figures("check", "page.md")
        for status, problem in (in_work_tree, in_commit):
            self.assertEqual(status, 1)
            self.assertIn("before a change of src/code.rs", problem)

    def test_refuses_a_revision_of_another_repository(self):
        self.write("page.md", PAGE.format("0123abc"))
        self.assertIn("not in this repository", self.figures("check", "page.md")[1])

    def test_refuses_figures_of_deleted_files(self):
        self.git("rm", "--quiet", "lock")
        self.assertIn("do not exist", self.figures("check", "page.md")[1])

    def test_stamps_only_the_figures_of_the_command(self):
        self.write("src/code.rs", "2")
        self.assertIn("commit the changes first", self.figures("stamp", "make bench", "page.md")[1])
        self.commit()
        self.assertIn("no page has figures", self.figures("stamp", "make other", "page.md")[1])
        # The chart of a page is a figure itself.
        self.write("other", "1")
        self.assertEqual(self.figures("stamp", "make bench", "page.md"), (0, ""))
        self.assertEqual(self.figures("check", "page.md"), (0, ""))

    def test_refuses_figures_without_a_revision(self):
        self.assertEqual(self.figures("named", "page.md"), (0, ""))
        self.write("page.md", "Figures of `make bench`: 42")
        self.assertIn("1 figures without a revision", self.figures("named", "page.md")[1])


if __name__ == "__main__":
    unittest.main()
