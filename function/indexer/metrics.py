"""Writes the metrics of a batch as one line of the log, from which CloudWatch extracts them.

AWS: CloudWatch User Guide, "Embedded metric format specification". No library writes the line: for an event with one
record, its work would be a large part of the whole.
"""

import sys
import time
from collections.abc import Mapping
from typing import Any

import orjson


def write_metrics(
    *, namespace: str, service: str, metrics: Mapping[str, tuple[str, float]], properties: Mapping[str, Any]
) -> None:
    """Write one line with metrics to the standard output.

    Args:
        namespace: the namespace of the metrics.
        service: the value of their only dimension, `service`.
        metrics: the unit and the value of each metric by its name.
        properties: further fields of the line, which are no metrics. CloudWatch Logs Insights can search for them.
    """
    definitions = [{"Name": name, "Unit": unit} for name, (unit, _) in metrics.items()]
    directive = {"Namespace": namespace, "Dimensions": [["service"]], "Metrics": definitions}
    line: dict[str, Any] = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
        "service": service,
        **properties,
        **{name: value for name, (_, value) in metrics.items()},
    }
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
