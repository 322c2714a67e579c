"""TOML files of a project: `pyproject.toml` and `uv.lock`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from .errors import PackingError


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises:
        PackingError: If the file cannot be read.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise PackingError(f"{path} does not exist; correct requirements, or create the file") from None
    except OSError as error:
        raise PackingError(f"{path} cannot be read ({error.strerror}); give a readable file") from None
    except UnicodeDecodeError:
        raise PackingError(f"{path} is not UTF-8 text; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise PackingError(f"{path} is not valid TOML ({error}); correct it, or write it again") from None
