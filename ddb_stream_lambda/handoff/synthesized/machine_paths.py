"""Paths of this machine in a configuration. They do not exist on other machines.

A path counts only as a whole: ``/ecs/app``, a URL and an ARN are not paths in the folder ``/app``.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from .strings import PlacedString, strings_of

# Arguments that name a file or a folder. In these, every absolute path is one of this machine.
PATH_ARGUMENTS = frozenset(
    {
        "ca_file",
        "cert_file",
        "config_path",
        "config_paths",
        "content_path",
        "filename",
        "key_file",
        "output_path",
        "private_key_path",
        "public_key_path",
        "shared_config_files",
        "shared_credentials_file",
        "shared_credentials_files",
        "source",
        "source_dir",
        "source_file",
        "template_file",
        "working_dir",
        "zip_file",
    }
)
# Blocks whose names are free, so that an argument's name does not describe its value.
FREE_NAMES = frozenset({"variable", "locals", "output"})
ABSOLUTE_PATH = re.compile(r"/|\\\\|[A-Za-z]:[\\/]|~[\w.-]*[\\/]|~$")
# Names of home folders that many machines and images have.
COMMON_HOMES = frozenset(
    {
        "admin",
        "app",
        "azureuser",
        "centos",
        "circleci",
        "codespace",
        "coder",
        "debian",
        "ec2-user",
        "fedora",
        "jenkins",
        "node",
        "root",
        "runner",
        "ssm-user",
        "ubuntu",
        "user",
        "vagrant",
        "vscode",
    }
)
# Folders of every Linux machine, where images keep applications too.
SYSTEM_FOLDERS = frozenset({"etc", "opt", "srv", "usr", "var"})
# A folder with this many parts below the root is not the folder of an application in an image.
MIN_DEPTH = 3
REST_OF_PATH = r"""[^\s"'`,;:|&<>()\[\]{}$*?\\]*"""
# Characters that separate a path from the text before it.
DELIMITER = re.compile(r"""[\s"'`=(\[{,;|&<>]""")
# Text that may be before a path without a delimiter: an option such as -I, curl's @, an escape, or a file URL.
ATTACHED = re.compile(r".*\\[ntr]|@|-[A-Za-z]|fileb?://", re.DOTALL)
WORD_END = re.compile(r"""[\s"'`]""")
# The length of the text before a path that decides whether it is one.
MAX_BEFORE = 1000


@dataclass(frozen=True)
class MachineFolders:
    """The folders of this machine that a configuration must not name.

    Attributes:
        private: folders that only this machine has. Every path in them is refused.
        shared: folders that other machines may have too, such as ``/tmp``. A path in them is refused if it exists here.
        allowed: paths that the user allows, with everything in them.
    """

    private: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()

    def allows(self, path: str) -> bool:
        """Return whether the user allows a path."""
        return any(path == allowed or path.startswith(allowed.rstrip("/\\") + "/") for allowed in self.allowed)


def folders_of_this_machine(*, project: Path, output: Path, allowed: Sequence[str] = ()) -> MachineFolders:
    """Return the folders of this machine: the project, the output of cdktf, the home folder, and the temporary folder.

    Args:
        project: the folder of the app.
        output: the folder that cdktf wrote to.
        allowed: the paths that the user allows.
    """
    private, shared = {str(output)}, {tempfile.gettempdir()}
    home = _home()
    for folder in {project, Path(os.path.realpath(project)), home}:
        is_common = folder.name in COMMON_HOMES if folder == home else len(folder.parts) <= MIN_DEPTH
        if is_common or len(folder.parts) < MIN_DEPTH or folder.parts[1] in SYSTEM_FOLDERS:
            shared.add(str(folder))
        else:
            private.add(str(folder))
    return MachineFolders(tuple(sorted(private)), tuple(sorted(shared)), tuple(allowed))


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # this user has none
        return Path("/")


def machine_paths(blocks: Mapping[str, Any], folders: MachineFolders) -> Iterator[str]:
    """Yield each path of this machine in a configuration, as ``address = value``."""
    for string in strings_of(blocks):
        if is_path_argument(string) and ABSOLUTE_PATH.match(string.text) and not folders.allows(string.text):
            yield f"{string.address} = {string.text}"
        elif paths_in(string.text, folders):
            yield f"{string.address} = {_shortened(string.text)}"


def is_path_argument(string: PlacedString) -> bool:
    """Return whether the argument that holds the string names a file or a folder."""
    keys = string.keys
    if string.argument not in PATH_ARGUMENTS or keys[0] in FREE_NAMES:
        return False
    # The source of a copied object is a bucket and a key. The files in an archive have names in the archive.
    is_key = keys[1:2] == ("aws_s3_object_copy",)
    return not is_key and keys[-2:] != ("source", "filename")


def paths_in(text: str, folders: MachineFolders) -> list[str]:
    """Return the paths of this machine in a text."""
    found = [path for folder in folders.private for path in _paths_below(text, folder)]
    for folder in folders.shared:
        found += [path for path in _paths_below(text, folder) if _is_real(path, folder)]
    return [path for path in found if not folders.allows(path)]


def _paths_below(text: str, folder: str) -> Iterator[str]:
    """Yield the paths in a text that are a folder or are in it."""
    if PurePath(folder) == PurePath(folder).parent or folder not in text:
        return
    for match in re.finditer(re.escape(folder) + r"(?![\w-]|\.\w)" + REST_OF_PATH, text):
        if _starts_a_path(text, match.start()):
            yield match[0].rstrip("/.")
        if match.start() == 0 and "\n" not in text:
            yield text  # a path with spaces


def _starts_a_path(text: str, position: int) -> bool:
    before = WORD_END.split(text[max(0, position - MAX_BEFORE) : position])[-1]
    attached = DELIMITER.split(before)[-1]
    if ATTACHED.fullmatch(attached):
        return True
    if before.startswith("arn:") or "://" in before:
        return False
    # In a list such as PATH, a colon separates paths.
    return not attached or (attached.endswith(":") and ("/" in attached or "$" in attached))


def _is_real(path: str, folder: str) -> bool:
    """Return whether a path below a shared folder exists on this machine and is more than a user's settings."""
    try:
        first = PurePath(path).relative_to(folder).parts[:1]
        return bool(first) and not first[0].startswith(".") and Path(path).exists()
    except (OSError, ValueError):  # not a path on this machine
        return False


def _shortened(text: str, limit: int = 200) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"
