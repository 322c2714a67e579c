"""Packing the code of a function: its files and its pinned dependencies, in a deterministic zip archive."""

from .asset import Archive, Code, pack_package
from .dependencies import Dependencies
from .errors import PackingError
from .target import Target

__all__ = ["Archive", "Code", "Dependencies", "PackingError", "Target", "pack_package"]
