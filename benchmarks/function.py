"""Compares the sample function with an earlier revision of itself, and with a plain handler.

    python benchmarks/function.py [--quick] [--baseline REVISION]

The columns are the earlier revision ("before"), the function of the working tree ("now"), and a handler that sends one
request for each record ("plain"). Each handler has its own environment and runs in new processes, and the handlers
take turns. Each figure is the median of several runs. Compare the ratios, not the absolute figures.

The handlers send to an engine that answers at once, to one that answers after a delay, and to a real OpenSearch, which
is started here (or is at TEST_SEARCH_URL). CPU times are those of the function's process, on a full core.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measuring.candidates import Candidate, UnavailableError, plain_handler, revision, working_tree
from benchmarks.measuring.engines import measuring_service, real_engine
from benchmarks.measuring.worker import Figures
from tests.engines.engine import Engine

# The last revision of the function that used the client opensearch-py and compressed its requests by default.
BASELINE = "e70eff1"
COUNTS = (1, 100, 1000)
IMAGE_BYTES = 2000
DELAY_SECONDS = 0.002
LATE_SECONDS = 3600
# No request leaves the machine, and the signature is correct for any credentials.
SIGNED = {
    "SEARCH_SERVICE": "es",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_SESSION_TOKEN": "example",
}


@dataclass(frozen=True)
class Goal:
    """A goal for the ratio of the working tree to another candidate.

    Attributes:
        other: the other candidate, "before" or "plain".
        limit: the ratio to reach.
        least: whether the limit is the least ratio; otherwise it is the largest.
    """

    other: str
    limit: float
    least: bool = True

    def judge(self, ratio: float) -> str:
        reached = ratio >= self.limit if self.least else ratio <= self.limit
        bound = "at least" if self.least else "at most"
        return f"goal: {bound} {self.limit:.1f} x {self.other} ({'reached' if reached else 'NOT reached'})"


TWICE_AS_FAST = Goal("before", 2.0)
AS_FAST_AS_PLAIN = Goal("plain", 1.0)
HALF_THE_COLD_START = Goal("before", 0.5, least=False)


@dataclass
class Comparison:
    """The handlers to compare, and how to measure them.

    Attributes:
        before: the earlier revision, or None if it is not available.
        now: the function of the working tree.
        plain: the plain handler.
        runs: the runs for each figure.
        seconds: the least time of one run.
    """

    before: Candidate | None
    now: Candidate
    plain: Candidate
    runs: int
    seconds: float

    @property
    def revisions(self) -> list[Candidate]:
        return [self.now] if self.before is None else [self.before, self.now]

    @property
    def all(self) -> list[Candidate]:
        return [*self.revisions, self.plain]

    def measure(
        self,
        endpoint: str,
        candidates: Sequence[Candidate],
        *,
        quantity: str = "speed",
        environment: Mapping[str, str] | None = None,
        runs: int | None = None,
        engine: Engine | None = None,
        count: int = 1000,
        size: int = IMAGE_BYTES,
        **job: object,
    ) -> list[Figures]:
        """Return the median figures of each candidate; the candidates take turns.

        With a real engine, each run writes to a new index.
        """
        found: list[list[Figures]] = [[] for _ in candidates]
        for _ in range(runs or self.runs):
            for figures, candidate in zip(found, candidates, strict=True):
                with new_index(engine) if engine else nullcontext("orders") as table:
                    figures.append(
                        candidate.measure(
                            endpoint,
                            environment or {},
                            quantity=quantity,
                            table=table,
                            engine=engine.url if engine else "",
                            seconds=self.seconds,
                            count=count,
                            size=size,
                            **job,
                        )
                    )
        return [{key: statistics.median(one[key] for one in figures) for key in figures[0]} for figures in found]

    def print_header(self) -> None:
        ratios = ["now/before", "now/plain"]
        columns = "".join(f"{title:>12}" for title in ("before", "now", "plain", *ratios))
        print(f"  {'':42}{'':16}{columns}")

    def print_row(
        self, label: str, unit: str, candidates: Sequence[Candidate], values: Sequence[float], *goals: Goal
    ) -> None:
        """Print one quantity of the candidates, with the ratios of the working tree to the others."""
        by_name = {candidate.name: value for candidate, value in zip(candidates, values, strict=True)}
        now = by_name["now"]
        before = by_name.get(self.before.name) if self.before else None
        plain = by_name.get("plain")
        figures = "".join(f"{'-' if value is None else f'{value:,.1f}':>12}" for value in (before, now, plain))
        ratios = {"before": now / before if before else None, "plain": now / plain if plain else None}
        texts = "".join(f"{'-' if ratio is None else f'{ratio:.2f} x':>12}" for ratio in ratios.values())
        judged = [goal.judge(ratio) for goal in goals if (ratio := ratios[goal.other]) is not None]
        print(f"  {label:42}{unit:16}{figures}{texts}{'  '.join(['', *judged])}", flush=True)

    def print_speed(self, label: str, candidates: Sequence[Candidate], found: Sequence[Figures], *goals: Goal) -> None:
        """Print the speed and the CPU times of the candidates."""
        self.print_row(label, "records/s", candidates, [figures["rate"] for figures in found], *goals)
        self.print_row("", "function CPU ms", candidates, [figures["cpu"] for figures in found])
        if all(figures["engine"] for figures in found):
            self.print_row("", "engine CPU ms", candidates, [figures["engine"] for figures in found])
            self.print_row("", "ms in all", candidates, [figures["wall"] for figures in found])


@contextmanager
def new_index(engine: Engine) -> Iterator[str]:
    """Create an index with one shard, which is not refreshed in the middle of a figure, and delete it afterwards."""
    name = engine.new_index()
    settings = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "30s"}
    engine.request("PUT", f"/{name}", {"settings": settings})
    try:
        yield name
    finally:
        # Wildcards are off in some engines.
        engine.request("DELETE", f"/{name},{name}-tombstones,{name}-rejected?ignore_unavailable=true")


def records(count: int) -> str:
    return f"{count:,} record{'s'[: count > 1]} of 2 KB"


def compare_speed(comparison: Comparison, endpoint: str, *, goals: bool) -> None:
    """Print the speed for each number of records, at an engine of this benchmark."""
    for count in COUNTS:
        found = comparison.measure(endpoint, comparison.all, count=count)
        wanted = {1: [AS_FAST_AS_PLAIN], 1000: [TWICE_AS_FAST]}.get(count, []) if goals else []
        comparison.print_speed(records(count), comparison.all, found, *wanted)


def compare_special_batches(comparison: Comparison, endpoint: str, conflicts: str) -> None:
    """Print the speed with records that need a look-up, at engines of this benchmark."""
    revisions = comparison.revisions
    found = comparison.measure(endpoint, revisions, age=LATE_SECONDS)
    comparison.print_speed("1,000 late records (an hour old)", revisions, found)
    found = comparison.measure(conflicts, revisions)
    comparison.print_speed("1,000 version conflicts", revisions, found)


def compare_traffic(comparison: Comparison, endpoint: str, engine: Engine | None = None) -> None:
    """Print the bytes of a batch. The answers of an engine are longest without `filter_path` and compression."""
    revisions = [replace(candidate, compress="off") for candidate in comparison.revisions]
    found = comparison.measure(endpoint, revisions, quantity="traffic", engine=engine, runs=1)
    for way in ("sent", "received"):
        label = "1,000 records, COMPRESS=off" if way == "sent" else ""
        comparison.print_row(label, f"bytes {way}", revisions, [figures[way] for figures in found])


def compare_compression(comparison: Comparison, endpoint: str, engine: Engine | None = None) -> None:
    """Print the cost of compression, and the network speed below which it pays."""
    revisions = comparison.revisions
    variants = [replace(candidate, compress=compress) for compress in ("off", "on") for candidate in revisions]
    speed = comparison.measure(endpoint, variants, engine=engine)
    traffic = comparison.measure(endpoint, variants, quantity="traffic", engine=engine, runs=1)
    for compress in ("off", "on"):
        part = slice(0, len(revisions)) if compress == "off" else slice(len(revisions), None)
        comparison.print_speed(f"1,000 records, COMPRESS={compress}", revisions, speed[part])
        comparison.print_row("", "bytes sent", revisions, [figures["sent"] for figures in traffic[part]])
    off, on = len(revisions) - 1, len(variants) - 1
    saved = sum(traffic[off][way] - traffic[on][way] for way in ("sent", "received"))
    function, engine_cost = (speed[on][key] - speed[off][key] for key in ("cpu", "engine"))
    print(f"  {break_even(function, engine_cost, saved, real=engine is not None)}", flush=True)


def break_even(function: float, engine: float, saved: float, *, real: bool) -> str:
    """Return the network speed below which compression pays.

    Args:
        function: the additional CPU time of the function in milliseconds.
        engine: the additional CPU time of the engine in milliseconds.
        saved: the bytes that need not be sent.
        real: whether the engine is a real one.
    """
    cost = function + engine
    costs = f"{function:.1f} ms in the function"
    costs += f" and {engine:.1f} ms in the engine" if real else " (and more in a real engine)"
    if cost <= 0:
        return f"compression costs too little to be measured here: {costs}"
    megabits = saved * 8 / 1e6 / (cost / 1000)
    return f"compression pays below {megabits:,.0f} Mbit/s: it saves {saved:,.0f} bytes, and costs {costs}"


def compare_cold_starts(comparison: Comparison) -> None:
    revisions = comparison.revisions
    with measuring_service(0, "--signed") as endpoint:
        # The first run compiles the modules.
        for runs in (1, comparison.runs * 2):
            found = comparison.measure(endpoint, revisions, quantity="cold", environment=SIGNED, count=1, runs=runs)
    comparison.print_row("cold start: import", "CPU ms", revisions, [figures["import"] for figures in found])
    label = "cold start: to the first signed request"
    comparison.print_row(label, "CPU ms", revisions, [figures["first"] for figures in found], HALF_THE_COLD_START)


def compare_memory(comparison: Comparison, endpoint: str) -> None:
    for count, size in ((1500, IMAGE_BYTES), (8, 370_000)):
        found = comparison.measure(endpoint, comparison.all, quantity="memory", count=count, size=size, runs=1)
        label = f"{count:,} records, {found[0]['megabytes']:.1f} MB: memory"
        comparison.print_row(f"{label} at the peak", "MiB", comparison.all, [figures["peak"] for figures in found])
        comparison.print_row("  with the event", "MiB", comparison.all, [figures["received"] for figures in found])
        comparison.print_row("  after the import", "MiB", comparison.all, [figures["imported"] for figures in found])


def compare_on_real_engine(comparison: Comparison, engine: Engine) -> None:
    """Print how the time is split between the function and a real engine."""
    for count in COUNTS:
        # The plain handler needs many seconds for a large batch.
        candidates = comparison.all if count <= 100 else comparison.revisions
        found = comparison.measure(engine.url, candidates, count=count, engine=engine)
        comparison.print_speed(records(count), candidates, found)
    revisions = comparison.revisions
    found = comparison.measure(engine.url, revisions, age=LATE_SECONDS, engine=engine)
    comparison.print_speed("1,000 late records (an hour old)", revisions, found)
    found = comparison.measure(engine.url, revisions, twice=True, engine=engine)
    comparison.print_speed("1,000 records a second time (conflicts)", revisions, found)
    compare_traffic(comparison, engine.url, engine)
    compare_compression(comparison, engine.url, engine)


def compare(comparison: Comparison) -> None:
    """Measure all figures, and print them with their ratios."""
    with measuring_service() as endpoint, measuring_service(0, "--conflicts") as conflicts:
        print("\nAn engine that answers at once:")
        comparison.print_header()
        compare_speed(comparison, endpoint, goals=True)
        compare_special_batches(comparison, endpoint, conflicts)
        compare_traffic(comparison, endpoint)
        compare_compression(comparison, endpoint)
        compare_cold_starts(comparison)
        compare_memory(comparison, endpoint)
    with measuring_service(DELAY_SECONDS) as endpoint:
        print(f"\nAn engine that answers after {DELAY_SECONDS * 1000:g} ms:")
        comparison.print_header()
        compare_speed(comparison, endpoint, goals=False)
    print("\nA real engine:")
    try:
        with real_engine() as engine:
            print(f"  OpenSearch {engine.version} at {engine.url}")
            comparison.print_header()
            compare_on_real_engine(comparison, engine)
    except UnavailableError as reason:
        print(f"  skipped: {reason}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="measure each figure in one short run")
    parser.add_argument("--baseline", default=BASELINE, help=f"the git revision to compare with (default: {BASELINE})")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            before = revision(options.baseline, Path(folder))
        except UnavailableError as reason:
            print(f"The revision {options.baseline} is left out: {reason}")
            before = None
        else:
            print(f"Before: {options.baseline}")
        runs, seconds = (1, 0.3) if options.quick else (5, 0.7)
        compare(Comparison(before=before, now=working_tree(), plain=plain_handler(), runs=runs, seconds=seconds))


if __name__ == "__main__":
    main()
