"""Install the search engines that the tests start: ``python tests/engines/install.py``.

Maven downloads an engine's Java archives into its cache, and javac compiles the class that starts a node. The result is
in .engines/. An engine that cannot be installed is recorded in .engines/missing.json with the reason.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent
INSTALL_FOLDER = ROOT / ".engines"
MISSING = INSTALL_FOLDER / "missing.json"
READY = INSTALL_FOLDER / "ready"
# Each engine's oldest version of Java: https://docs.opensearch.org/latest/install-and-configure/os-comp/
ENGINES = {"opensearch_2": 17, "opensearch_3": 21}
CLASSPATH_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath"


class CannotInstallError(Exception):
    """An engine cannot be installed on this machine; the message is the reason for skipping tests."""


@dataclass(frozen=True)
class Installation:
    """An engine on this machine.

    Attributes:
        name: the engine's name in `ENGINES`.
        java: the path of the program java.
        classpath: the compiled class, the configuration of the log, and the engine's archives.
    """

    name: str
    java: str
    classpath: list[str]

    @classmethod
    def load(cls, name: str) -> Self:
        """Return the installed engine.

        Raises:
            CannotInstallError: if it is not installed.
        """
        missing = json.loads(MISSING.read_text()) if MISSING.exists() else {}
        if name in missing:
            raise CannotInstallError(missing[name])
        try:
            recorded = json.loads(record_of(name).read_text())
        except FileNotFoundError:
            raise CannotInstallError("it is not installed: run `python tests/engines/install.py`") from None
        if recorded["sources"] != hash_sources(name) or not all(Path(path).exists() for path in recorded["classpath"]):
            raise CannotInstallError("its installation is out of date: run `python tests/engines/install.py`")
        return cls(name, recorded["java"], recorded["classpath"])


def record_of(name: str) -> Path:
    return INSTALL_FOLDER / name / "installed.json"


def hash_sources(name: str) -> str:
    files = sorted((FOLDER / name).iterdir())
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def install(name: str) -> None:
    """Download and compile one engine, unless this was done with the same sources.

    Raises:
        CannotInstallError: if the machine lacks Java or Maven, or the download fails.
    """
    try:
        Installation.load(name)
    except CannotInstallError:
        pass
    else:
        return
    home = find_jdk(ENGINES[name])
    if shutil.which("mvn") is None:
        raise CannotInstallError("Maven (mvn) is not on the path")
    folder = INSTALL_FOLDER / name
    classes = folder / "classes"
    classes.mkdir(parents=True, exist_ok=True)
    paths = folder / "classpath.txt"
    # The output's path is absolute, since Maven resolves a relative one against the folder of the pom.
    pom = FOLDER / name / "pom.xml"
    run(home, "mvn", "-q", "-B", "-f", pom, CLASSPATH_GOAL, f"-Dmdep.outputFile={paths}")
    archives = paths.read_text().split(os.pathsep)
    source = FOLDER / name / "TestNode.java"
    run(home, home / "bin" / "javac", "-cp", os.pathsep.join(archives), "-d", classes, source)
    installed = {
        "java": str(home / "bin" / "java"),
        "classpath": [str(classes), str(FOLDER), *archives],
        "sources": hash_sources(name),
    }
    record_of(name).write_text(json.dumps(installed, indent=1) + "\n")


def find_jdk(oldest: int) -> Path:
    """Return the home of the oldest Java development kit on this machine that is not older than a version.

    Args:
        oldest: the major version of Java.

    Raises:
        CannotInstallError: if there is none.
    """
    found = {home: version for home in jdk_homes() if (version := java_version(home)) is not None}
    suitable = [home for home, version in found.items() if version >= oldest]
    if not suitable:
        versions = ", ".join(map(str, sorted(set(found.values())))) or "none"
        raise CannotInstallError(f"it needs a Java development kit {oldest} or later; this machine has: {versions}")
    return min(suitable, key=lambda home: found[home])


def jdk_homes() -> Iterator[Path]:
    """Yield the homes that the environment names, and those in the usual folders."""
    # GitHub's runners name theirs JAVA_HOME_17_X64 and so on.
    for name, value in os.environ.items():
        if name.startswith("JAVA_HOME") and value:
            yield Path(value)
    javac = shutil.which("javac")
    if javac is not None:
        yield Path(javac).resolve().parent.parent
    for pattern in ("usr/lib/jvm/*", "Library/Java/JavaVirtualMachines/*/Contents/Home"):
        yield from sorted(Path("/").glob(pattern))
    yield from sorted(Path.home().glob(".sdkman/candidates/java/*"))


def java_version(home: Path) -> int | None:
    """Return the major version of the Java development kit in a folder, or None if there is none."""
    release = home / "release"
    if not (home / "bin" / "javac").exists() or not release.exists():
        return None
    match = re.search(r'^JAVA_VERSION="(\d+)', release.read_text(), re.MULTILINE)
    return int(match[1]) if match else None


def run(java_home: Path, *command: str | Path) -> None:
    environment = os.environ | {"JAVA_HOME": str(java_home)}
    process = subprocess.run(command, env=environment, capture_output=True, text=True)
    if process.returncode != 0:
        lines = (process.stdout + process.stderr).splitlines()
        errors = [line for line in lines if "ERROR" in line or "error:" in line] or lines
        raise CannotInstallError(f"{Path(command[0]).name} failed: {' '.join(errors[:3])}")


def main() -> None:
    """Install all engines."""
    INSTALL_FOLDER.mkdir(exist_ok=True)
    MISSING.unlink(missing_ok=True)

    def try_to_install(name: str) -> str | None:
        try:
            install(name)
        except CannotInstallError as error:
            return str(error)
        return None

    print(f"tests: installing the search engines {', '.join(ENGINES)} …", flush=True)
    with ThreadPoolExecutor() as executor:
        reasons = dict(zip(ENGINES, executor.map(try_to_install, ENGINES), strict=True))
    missing = {name: reason for name, reason in reasons.items() if reason is not None}
    for name, reason in missing.items():
        print(f"tests: {name} is missing: {reason}", flush=True)
    MISSING.write_text(json.dumps(missing, indent=1) + "\n")
    if not missing:
        READY.touch()  # otherwise the next run tries again


if __name__ == "__main__":
    main()
