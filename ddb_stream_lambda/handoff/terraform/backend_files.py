"""The files that choose and configure a backend.

The option ``-backend-config`` is not enough to choose a backend: Terraform needs a ``backend`` block. So each backend
has a file with an empty block, and a file with an example of its settings. The names of both end in ``.example``:
a folder with a file ``*.tf`` is a module for tools that search a tree of folders. See
https://developer.hashicorp.com/terraform/language/backend#partial-configuration.
"""

from __future__ import annotations

import json

from ..facts.backends import Backend, Backends
from ..formats import Format


def backend_files(backends: Backends, format: Format) -> dict[str, str]:
    """Return the text of each file by its path: those of the backends on offer, and that of the chosen one."""
    files = {}
    for backend in backends.offered:
        files[f"backends/{backend.type}{format.suffix}.example"] = _empty_block(backend, format)
        files[f"backends/{backend.type}.tfbackend.example"] = _example_settings(backend)
    if backends.chosen is not None:
        files[f"backend{format.suffix}"] = _empty_block(backends.chosen, format)
    return files


def _empty_block(backend: Backend, format: Format) -> str:
    if format is Format.JSON:
        return json.dumps({"terraform": {"backend": {backend.type: {}}}}, indent=2) + "\n"
    return f'terraform {{\n  backend "{backend.type}" {{}}\n}}\n'


def _example_settings(backend: Backend) -> str:
    width = max(map(len, backend.settings), default=0)
    note = f"# {backend.note}\n" if backend.note else ""
    return note + "".join(f"{name:{width}} = {json.dumps(value)}\n" for name, value in backend.settings.items())
