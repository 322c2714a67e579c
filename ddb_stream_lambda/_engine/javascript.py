"""Loads `hook.js` into the engine, as what the engine can load at any time: a jsii assembly, here one without types."""

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
HOOK_VERSION = "1.2.0"


def load_hook() -> None:
    """Start the engine and load the hook, before the provider's assembly is loaded."""
    with tempfile.TemporaryDirectory() as folder:
        tarball = Path(folder, f"{HOOK}.tgz")
        tarball.write_bytes(_pack_assembly())
        jsii.kernel.load(HOOK, HOOK_VERSION, str(tarball))


def _pack_assembly() -> bytes:
    author = {"name": "ddb_stream_lambda", "roles": ["author"]}
    common = {"name": HOOK, "version": HOOK_VERSION, "license": "Apache-2.0", "author": author}
    package = common | {"main": "index.js", "jsii": {}}
    assembly = common | {
        "schema": "jsii/0.10.0",
        "jsiiVersion": "5.8.0",
        "fingerprint": HOOK_VERSION,
        "types": {},
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
