"""An operator who follows a runbook to the letter: runs its commands, and writes its files."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .support import OFFLINE_SETTINGS

# Everything that the commands of a runbook need, besides the AWS CLI.
TOOLS = ("bash", "cat", "cp", "diff", "grep", "mv", "rm", "sed", "sha256sum", "shasum", "terraform", "tr")
AWS = Path(__file__).parent / "aws_command.py"
# The first block of the runbook is above the chapters.
INTRODUCTION = ""


def install_tools(folder: Path) -> str:
    """Fill a folder with the tools of an operator, and return the folder as a PATH. It has no Python."""
    folder.mkdir()
    for tool in TOOLS:
        path = shutil.which(tool)
        if path is None:
            pytest.skip(f"{tool} is not installed")
        (folder / tool).symlink_to(path)
    (folder / "aws").write_text(f'#!{folder}/bash\nexec "{sys.executable}" -P "{AWS}" "$@"\n')
    (folder / "aws").chmod(0o755)
    return str(folder)


class Operator:
    """An operator in the folder of a bundle.

    Attributes:
        folder: the folder.
        chapters: the blocks of the runbook by the titles of their chapters; each is a language and a text.
        unused: the blocks of commands that were not run yet, as chapter and number.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self._environment = OFFLINE_SETTINGS | environment
        self.chapters = chapters_of((folder / "RUNBOOK.md").read_text())
        self.unused = {
            (title, number)
            for title, blocks in self.chapters.items()
            for number, (language, _) in enumerate(blocks)
            if language == "sh"
        }

    def run(
        self, title: str, number: int, *, folder: Path | None = None, accept: tuple[int, ...] = (0,), **words: str
    ) -> str:
        """Run the commands of a block, and return their output.

        Args:
            title: the start of the chapter's title.
            number: the number of the block in the chapter.
            folder: the folder to run them in. Default: the bundle's.
            accept: the exit codes that are no failure.
            words: the replacements for the words in capital letters.
        """
        chapter = self.title(title)
        language, text = self.chapters[chapter][number]
        assert language == "sh"
        self.unused.discard((chapter, number))
        return self.bash(replace_words(text, words), folder=folder, accept=accept)

    def write(self, title: str, number: int, **words: str) -> Path:
        """Write the file of a block, with the words in capital letters replaced."""
        language, text = self.chapters[self.title(title)][number]
        assert language == "hcl"
        path = self.folder / text.partition("\n")[0].removeprefix("# ")
        path.write_text(replace_words(text, words))
        return path

    def bash(self, commands: str, *, folder: Path | None = None, accept: tuple[int, ...] = (0,)) -> str:
        """Run commands. The first one that fails ends them. A question of Terraform is answered with yes."""
        run = subprocess.run(
            ["bash", "-euc", commands],
            cwd=folder or self.folder,
            env=self._environment,
            input="yes\n",
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode in accept, f"{commands}\n{run.stdout}{run.stderr}"
        return run.stdout + run.stderr

    def title(self, start: str) -> str:
        if start in self.chapters:
            return start
        (title,) = (title for title in self.chapters if start and title.startswith(start))
        return title


def chapters_of(runbook: str) -> dict[str, list[tuple[str, str]]]:
    """Return the blocks of a runbook by the titles of the chapters."""
    parts = re.split(r"^## (.*)$", runbook, flags=re.MULTILINE)
    chapters = {INTRODUCTION: parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}
    return {title: re.findall(r"```(sh|hcl)\n(.*?)```", text, re.DOTALL) for title, text in chapters.items()}


def replace_words(text: str, words: dict[str, str]) -> str:
    """Replace the words in capital letters. Each must be in the text."""
    for word, value in words.items():
        text, count = re.subn(rf"\b{word}\b", value.replace("\\", r"\\"), text)
        assert count, f"{word} is not in:\n{text}"
    return text
