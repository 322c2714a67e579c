"""Measures the time and memory of a cold synthesis, and compares them with other ways to write the same stack.

    python benchmarks/synth.py [--repeat N] [--quick]

The others are the same library for cdktn, a stack with plain imports of the provider's classes with either tool, and
the CDK pattern of AWS Solutions Constructs. cdktn and the CDK are installed in separate virtual environments. Each
figure is the median of several processes. The candidates take turns, so other load on the machine affects all of them.
Compare the ratios, not the absolute figures; other load affects CPU time less than elapsed time.

The benchmark also measures the time of each additional pattern, up to 500 patterns, and the parts of the time for one
pattern, in Python and in the engine (node). ``--quick`` compares only the two tools.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import runpy
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

FORK_PROJECT = ROOT / "build" / "benchmark-cdktn"
# The environment of the tests is used if it exists.
FORK_ENVIRONMENTS = (ROOT / ".venv-cdktn", ROOT / ".venv-benchmark-cdktn")

LIBRARY, FORK = "this library, cdktf", "this library, cdktn"
PLAIN, PLAIN_FORK, CDK = "plain imports, cdktf", "plain imports, cdktn", "Solutions Constructs"
CANDIDATES = (LIBRARY, FORK, PLAIN, PLAIN_FORK, CDK)
FORK_CANDIDATES = (FORK, PLAIN_FORK)
# The library for cdktn may take so much more time or memory than for cdktf.
MAX_RATIO = 1.2
COUNTS = (1, 100)
LINEARITY_COUNTS = (1, 100, 200, 300, 400, 500)


@dataclass(frozen=True)
class Run:
    """The figures of one process and its children.

    Attributes:
        seconds: the time from start to end.
        cpu_seconds: the CPU time.
        python_mb: the peak resident memory of the Python processes.
        node_mb: the peak resident memory of the node processes.
        output: the standard output.
    """

    seconds: float
    cpu_seconds: float
    python_mb: float
    node_mb: float
    output: str

    @property
    def memory_mb(self) -> float:
        return self.python_mb + self.node_mb


def project_of(candidate: str) -> Path:
    return FORK_PROJECT if candidate in FORK_CANDIDATES else ROOT


def command_of(candidate: str) -> list[str]:
    program = "cdk.py" if candidate == CDK else "library.py" if candidate in (LIBRARY, FORK) else "plain.py"
    python = sys.executable
    if candidate == CDK:
        python = str(CDK_ENVIRONMENT / "bin" / "python")
    elif candidate in FORK_CANDIDATES:
        python = str(fork_environment() / "bin" / "python")
    return [python, str(project_of(candidate) / PROGRAMS.relative_to(ROOT) / program)]


def run(candidate: str, count: int, **environment: str) -> Run:
    """Run a candidate's program in a new process.

    Args:
        candidate: one of CANDIDATES.
        count: the number of patterns.
        environment: additional environment variables.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [*command_of(candidate), str(count), str(Path(folder, "out"))]
        peaks: dict[int, tuple[str, int]] = {}
        settings = os.environ | {"PYTHONPATH": str(project_of(candidate))}
        settings["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "20"
        cpu_before = cpu_seconds_of_children()
        begin = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=project_of(candidate),
            env=settings | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        watcher = threading.Thread(target=record_peaks, args=(process, peaks))
        watcher.start()
        output, errors = process.communicate()
        seconds = time.perf_counter() - begin
        watcher.join()
    if process.returncode != 0:
        sys.exit(f"{candidate} failed:\n{errors}")
    by_name: Counter[str] = Counter()
    for name, kilobytes in peaks.values():
        by_name["node" if name.startswith("node") else "python"] += kilobytes
    cpu_seconds = cpu_seconds_of_children() - cpu_before
    return Run(seconds, cpu_seconds, by_name["python"] / 1024, by_name["node"] / 1024, output)


def cpu_seconds_of_children() -> float:
    """Return the CPU time of all processes that this one and its children have waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def record_peaks(process: subprocess.Popen[str], peaks: dict[int, tuple[str, int]]) -> None:
    """Record the peak resident memory of a process and its children while it runs.

    Args:
        process: the process.
        peaks: receives the name and the kilobytes of each process, by process id. Linux counts them.
    """
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
    requirements = CDK_REQUIREMENTS.read_text()
    if marker.exists() and marker.read_text() == requirements:
        return
    print("Installing AWS Solutions Constructs in a separate virtual environment …", flush=True)
    shutil.rmtree(CDK_ENVIRONMENT, ignore_errors=True)
    venv.create(CDK_ENVIRONMENT, with_pip=True)
    pip = [str(CDK_ENVIRONMENT / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--requirement", str(CDK_REQUIREMENTS)], check=True)
    marker.write_text(requirements)


def fork_environment() -> Path:
    return next((folder for folder in FORK_ENVIRONMENTS if folder.exists()), FORK_ENVIRONMENTS[-1])


def set_up_fork() -> None:
    """Write the project for cdktn, with the benchmark's programs, and install cdktn if no environment has it."""
    subprocess.run([sys.executable, str(ROOT / "tools" / "rename_to_cdktn.py"), str(FORK_PROJECT)], check=True)
    rename = runpy.run_path(str(ROOT / "tools" / "rename_to_cdktn.py"))["rename"]
    programs = FORK_PROJECT / PROGRAMS.relative_to(ROOT)
    programs.mkdir(parents=True)
    for program in ("library.py", "plain.py"):
        (programs / program).write_text(rename((PROGRAMS / program).read_text()))
    environment = fork_environment()
    if environment.exists():
        return
    print("Installing cdktn in a separate virtual environment …", flush=True)
    tested = runpy.run_path(str(FORK_PROJECT / "ddb_stream_lambda" / "_engine" / "__init__.py"))["TESTED_WITH"]
    venv.create(environment, with_pip=True)
    pip = [str(environment / "bin" / "pip"), "install", "--quiet", "--no-compile", "--disable-pip-version-check"]
    try:
        subprocess.run([*pip, *(f"{name}=={version}" for name, version in tested.items())], check=True)
    except BaseException:
        shutil.rmtree(environment)  # the next run would take it as complete
        raise


def compare(repeat: int, candidates: tuple[str, ...]) -> None:
    """Print the time and memory of each candidate, with the ratios to this library on cdktf."""
    runs: dict[tuple[str, int], list[Run]] = {}
    for _ in range(repeat):
        for count in COUNTS:
            for candidate in candidates:
                runs.setdefault((candidate, count), []).append(run(candidate, count))
    header = f"{'':22}{'patterns':>9}{'seconds':>9}{'CPU':>7}{'MB':>7}{'python':>8}{'node':>7}"
    print(f"\n{header}   time and memory of this library as a ratio")
    seconds: dict[tuple[str, int], float] = {}
    for count in COUNTS:
        base = median(runs[LIBRARY, count])
        for candidate in candidates:
            typical = median(runs[candidate, count])
            seconds[candidate, count] = typical.seconds
            ratios = f"{base.seconds / typical.seconds:.2f} and {base.memory_mb / typical.memory_mb:.2f}"
            print(
                f"{candidate:22}{count:>9}{typical.seconds:>9.2f}{typical.cpu_seconds:>7.2f}"
                f"{typical.memory_mb:>7.0f}"
                f"{typical.python_mb:>8.0f}{typical.node_mb:>7.0f}   {ratios if candidate != LIBRARY else ''}"
            )
    print("\nMilliseconds for each additional pattern, from 1 to 100 patterns:")
    for candidate in candidates:
        additional = (seconds[candidate, 100] - seconds[candidate, 1]) / 99 * 1000
        print(f"  {candidate:22}{additional:6.1f}")
    print(f"\nThis library, cdktn divided by cdktf (to be at most {MAX_RATIO}):")
    for count in COUNTS:
        base, fork = median(runs[LIBRARY, count]), median(runs[FORK, count])
        cpu, memory = fork.cpu_seconds / base.cpu_seconds, fork.memory_mb / base.memory_mb
        verdict = "yes" if max(cpu, memory) <= MAX_RATIO else "NO"
        print(f"  {count:>4} patterns: CPU time {cpu:.2f}, memory {memory:.2f}: {verdict}")


def median(runs: list[Run]) -> Run:
    """Return the median of each figure."""
    return Run(
        seconds=statistics.median(run.seconds for run in runs),
        cpu_seconds=statistics.median(run.cpu_seconds for run in runs),
        python_mb=statistics.median(run.python_mb for run in runs),
        node_mb=statistics.median(run.node_mb for run in runs),
        output="",
    )


def measure_linearity(repeat: int) -> None:
    """Print whether the time for each additional pattern stays the same."""
    print("\nMilliseconds for each additional pattern, this library:")
    runs: dict[int, list[float]] = {}
    for _ in range(repeat):
        for count in LINEARITY_COUNTS:
            runs.setdefault(count, []).append(run(LIBRARY, count).seconds)
    times = {count: statistics.median(seconds) for count, seconds in runs.items()}
    for before, count in itertools.pairwise(LINEARITY_COUNTS):
        print(f"  {before:>4} to {count:<4}{(times[count] - times[before]) / (count - before) * 1000:6.1f}")


def measure_phases() -> None:
    """Print the parts of the time for one pattern."""
    print("\nThe parts of the time for one pattern, this library:")
    done = run(LIBRARY, 1)
    parts = {"start and end of Python": 0.0} | json.loads(done.output.splitlines()[-1])
    parts["start and end of Python"] = done.seconds - sum(parts.values())
    for phase, spent in parts.items():
        print(f"  {phase:40}{spent:6.2f} s{spent / done.seconds:6.0%}")


def measure_engine(count: int) -> None:
    """Print the time that each package takes in the engine, from the CPU profile of node."""
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
    title = f"The engine's time for {count} pattern{'s'[: count > 1]}"
    print(f"\n{title} ({total / 1e6:.2f} s; it also waits {waiting / 1e6:.2f} s for Python):")
    for package, microseconds in busy.most_common(8):
        print(f"  {package:40}{microseconds / 1e6:6.2f} s{microseconds / total:6.0%}")


def package_of(frame: dict[str, str]) -> str:
    url, name = frame["url"], frame["functionName"]
    if name in ("(idle)", "readSync"):
        return "waiting for Python"
    if name == "(garbage collector)":
        return "garbage collection"
    labels = {
        "provider-aws": "the provider's classes",
        "/cdktf/": "cdktf",
        "/constructs/": "constructs",
        "lib/program.js": "jsii's kernel",
        "bin/jsii-runtime.js": "jsii's kernel",
        "node:": "node: files, modules, compilation",
    }
    return next((label for part, label in labels.items() if part in url), "V8: compilation and other internal work")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--repeat", type=int, default=3, help="runs for each median (default: 3)")
    arguments.add_argument("--quick", action="store_true", help="compare only this library on cdktf and on cdktn")
    options = arguments.parse_args()
    repeat: int = options.repeat
    candidates = (LIBRARY, FORK) if options.quick else CANDIDATES
    set_up_fork()
    if CDK in candidates:
        install_cdk()
    for candidate in candidates:
        run(candidate, 1)  # fills jsii's package cache, which all candidates share
    compare(repeat, candidates)
    if options.quick:
        return
    measure_linearity(repeat)
    measure_phases()
    for count in COUNTS:
        measure_engine(count)


if __name__ == "__main__":
    main()
