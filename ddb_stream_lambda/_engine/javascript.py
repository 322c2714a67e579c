"""Loads `hook.js` into the engine, as what the engine can load at any time: a jsii assembly with one class."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import tempfile
from importlib import resources
from pathlib import Path

import jsii

HOOK = "ddb-stream-lambda-engine-hook"
HOOK_VERSION = "1.3.0"
# The class of hook.js that answers questions, and its property.
HOOK_CLASS = f"{HOOK}.Hook"
COMPILED_FILES = "compiledFiles"


class _Hook:
    """The class of hook.js, in the form that jsii's kernel takes."""

    __jsii_type__ = HOOK_CLASS


def load_hook() -> None:
    """Start the engine and load the hook, before the provider's assembly is loaded."""
    with tempfile.TemporaryDirectory() as folder:
        tarball = Path(folder, f"{HOOK}.tgz")
        tarball.write_bytes(_pack_assembly())
        jsii.kernel.load(HOOK, HOOK_VERSION, str(tarball))


def count_compiled_files() -> int:
    """Return the number of the provider's files that the engine has compiled since the hook was loaded."""
    return int(jsii.kernel.sget(_Hook, COMPILED_FILES))


def _pack_assembly() -> bytes:
    author = {"name": "ddb_stream_lambda", "roles": ["author"]}
    common = {"name": HOOK, "version": HOOK_VERSION, "license": "Apache-2.0", "author": author}
    package = common | {"main": "index.js", "jsii": {}}
    assembly = common | {
        "schema": "jsii/0.10.0",
        "jsiiVersion": "5.8.0",
        "fingerprint": HOOK_VERSION,
        "types": {HOOK_CLASS: _describe_class()},
    }
    files = {
        "package/package.json": json.dumps(package).encode(),
        "package/.jsii": json.dumps(assembly).encode(),
        "package/index.js": resources.files(__package__).joinpath("hook.js").read_bytes(),
    }
    # Constant times: the engine's cache of assemblies then holds one copy, and not one for each run.
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as archive,
    ):
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _describe_class() -> dict[str, object]:
    """Return the description of the class of hook.js in the assembly."""
    number = {"primitive": "number"}
    count = {"name": COMPILED_FILES, "immutable": True, "static": True, "type": number}
    return {"assembly": HOOK, "fqn": HOOK_CLASS, "kind": "class", "name": "Hook", "properties": [count]}
