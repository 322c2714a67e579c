"""Speed and memory of a cold synthesis, side by side in one run.

    python benchmarks/synth.py [--repeat N]

Compares this library with the same stack by plain provider imports and with AWS Solutions Constructs' CDK pattern,
which is installed into an environment of its own. Each figure is the median of processes that take turns, so that what
else the machine does meets all of them; the ratios are what to read. Then: the milliseconds of a further pattern up to
500, and where the time of one goes, in Python and in the engine.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROGRAMS = Path(__file__).parent / "programs"
CDK_ENVIRONMENT = ROOT / ".venv-benchmark"
CDK_REQUIREMENTS = Path(__file__).parent / "requirements-cdk.txt"

LIBRARY, PLAIN, CDK = "this library", "plain imports", "Solutions Constructs"
COUNTS = (1, 100)
FURTHER = (100, 200, 300, 400, 500)


@dataclass(frozen=True)
class Run:
    """One process and its children, from start to end."""

    seconds: float
    python_mb: float
    node_mb: float
    output: str

    @property
    def memory_mb(self) -> float:
        return self.python_mb + self.node_mb


def command_of(candidate: str) -> list[str]:
    programs = {LIBRARY: "library.py", PLAIN: "plain.py", CDK: "cdk.py"}
    python = str(CDK_ENVIRONMENT / "bin" / "python") if candidate == CDK else sys.executable
    return [python, str(PROGRAMS / programs[candidate])]


def run(candidate: str, count: int, **environment: str) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        command = [*command_of(candidate), str(count), str(Path(folder, "out"))]
        peaks: dict[int, tuple[str, int]] = {}
        settings = os.environ | {"PYTHONPATH": str(ROOT), "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"}
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env=settings | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        watcher = threading.Thread(target=watch, args=(process, peaks))
        watcher.start()
        output, errors = process.communicate()
        seconds = time.perf_counter() - begin
        watcher.join()
    if process.returncode != 0:
        sys.exit(f"{candidate} failed:\n{errors}")
    by_name: Counter[str] = Counter()
    for name, kilobytes in peaks.values():
        by_name["node" if name.startswith("node") else "python"] += kilobytes
    return Run(seconds, by_name["python"] / 1024, by_name["node"] / 1024, output)


def watch(process: subprocess.Popen[str], peaks: dict[int, tuple[str, int]]) -> None:
    """Note the peak resident memory of the process and its children, as Linux counts it, while it runs."""
    while process.poll() is None:
        for pid in (process.pid, *children_of(process.pid)):
            try:
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
            if "VmHWM" in fields:
                peaks[pid] = (fields["Name"], int(fields["VmHWM"].split()[0]))
        time.sleep(0.02)


def children_of(pid: int) -> list[int]:
    try:
        found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [*found, *(grandchild for child in found for grandchild in children_of(child))]


def install_cdk() -> None:
    marker = CDK_ENVIRONMENT / ".requirements"
    wanted = CDK_REQUIREMENTS.read_text()
    if marker.exists() and marker.read_text() == wanted:
        return
    print("Installing AWS Solutions Constructs into an environment of its own …", flush=True)
    shutil.rmtree(CDK_ENVIRONMENT, ignore_errors=True)
    venv.create(CDK_ENVIRONMENT, with_pip=True)
    pip = [str(CDK_ENVIRONMENT / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--requirement", str(CDK_REQUIREMENTS)], check=True)
    marker.write_text(wanted)


def compare(repeat: int) -> None:
    runs: dict[tuple[str, int], list[Run]] = {}
    for _ in range(repeat):
        for count in COUNTS:
            for candidate in (LIBRARY, PLAIN, CDK):
                runs.setdefault((candidate, count), []).append(run(candidate, count))
    print(f"\n{'':22}{'patterns':>9}{'seconds':>9}{'MB':>7}{'python':>8}{'node':>7}   time and memory of this library")
    seconds: dict[tuple[str, int], float] = {}
    for count in COUNTS:
        base = median(runs[LIBRARY, count])
        for candidate in (LIBRARY, PLAIN, CDK):
            middle = median(runs[candidate, count])
            seconds[candidate, count] = middle.seconds
            ratios = f"{base.seconds / middle.seconds:.2f} and {base.memory_mb / middle.memory_mb:.2f} of it"
            print(
                f"{candidate:22}{count:>9}{middle.seconds:>9.2f}{middle.memory_mb:>7.0f}"
                f"{middle.python_mb:>8.0f}{middle.node_mb:>7.0f}   {ratios if candidate != LIBRARY else ''}"
            )
    print("\nMilliseconds of a further pattern, 1 to 100:")
    for candidate in (LIBRARY, PLAIN, CDK):
        further = (seconds[candidate, 100] - seconds[candidate, 1]) / 99 * 1000
        print(f"  {candidate:22}{further:6.1f}")


def median(runs: list[Run]) -> Run:
    figures = ([getattr(one, field) for one in runs] for field in ("seconds", "python_mb", "node_mb"))
    return Run(*map(statistics.median, figures), output="")


def linearity(repeat: int) -> None:
    print("\nMilliseconds of a further pattern, this library:")
    counts = (1, *FURTHER)
    runs: dict[int, list[float]] = {}
    for _ in range(repeat):
        for count in counts:
            runs.setdefault(count, []).append(run(LIBRARY, count).seconds)
    times = {count: statistics.median(some) for count, some in runs.items()}
    for before, count in itertools.pairwise(counts):
        print(f"  {before:>4} to {count:<4}{(times[count] - times[before]) / (count - before) * 1000:6.1f}")


def phases() -> None:
    print("\nWhere the time of one pattern goes, this library:")
    done = run(LIBRARY, 1)
    parts = {"python itself, its start and end": 0.0} | json.loads(done.output.splitlines()[-1])
    parts["python itself, its start and end"] = done.seconds - sum(parts.values())
    for phase, spent in parts.items():
        print(f"  {phase:40}{spent:6.2f} s{spent / done.seconds:6.0%}")


def engine(count: int) -> None:
    """Where the engine is busy, by package, from the CPU profile of node."""
    with tempfile.TemporaryDirectory() as folder:
        node = Path(folder, "node")
        node.write_text(f'#!/bin/sh\nexec {shutil.which("node")} --cpu-prof --cpu-prof-dir={folder}/profile "$@"\n')
        node.chmod(0o755)
        run(LIBRARY, count, JSII_NODE=str(node))
        profiles = [json.loads(path.read_text()) for path in Path(folder, "profile").glob("*.cpuprofile")]
    busy: Counter[str] = Counter()
    for profile in profiles:
        names = {entry["id"]: package_of(entry["callFrame"]) for entry in profile["nodes"]}
        for sample, delta in zip(profile["samples"], profile["timeDeltas"], strict=True):
            busy[names[sample]] += delta
    waiting = busy.pop("waiting for Python")
    total = sum(busy.values())
    title = f"Where the engine is busy for {count} pattern{'s'[: count > 1]}"
    print(f"\n{title} ({total / 1e6:.2f} s; it waits for Python {waiting / 1e6:.2f} s):")
    for package, microseconds in busy.most_common(8):
        print(f"  {package:40}{microseconds / 1e6:6.2f} s{microseconds / total:6.0%}")


def package_of(frame: dict[str, str]) -> str:
    url, name = frame["url"], frame["functionName"]
    if name in ("(idle)", "readSync"):
        return "waiting for Python"
    if name == "(garbage collector)":
        return "garbage collection"
    known = {
        "provider-aws": "the provider's classes",
        "/cdktf/": "cdktf",
        "/constructs/": "constructs",
        "lib/program.js": "jsii's kernel",
        "bin/jsii-runtime.js": "jsii's kernel",
        "node:": "node: files, modules, compilation",
    }
    return next((label for part, label in known.items() if part in url), "V8: compilation and the like")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--repeat", type=int, default=3, help="runs of which each figure is the median (default: 3)")
    repeat = arguments.parse_args().repeat
    install_cdk()
    for candidate in (LIBRARY, PLAIN, CDK):
        run(candidate, 1)  # fills the engine's cache of assemblies, which all three share
    compare(repeat)
    linearity(repeat)
    phases()
    for count in COUNTS:
        engine(count)


if __name__ == "__main__":
    main()
