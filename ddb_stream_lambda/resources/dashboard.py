"""The dashboard: the figures of the alarms in the order of the data flow, from the table to the queue.

The structure of its text: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdktf_cdktf_provider_aws.lambda_event_source_mapping import LambdaEventSourceMapping
from constructs import Construct

from .._engine.creation import create
from .._engine.tokens import as_string, is_token
from ..arguments.companions import companion_arguments
from ..arguments.policies import to_document
from .alarms import FIGURES, REGION_PART, AlarmName, Alarms, Metric, NewAlarms, part_of_arn
from .table import Table
from .table_access import name_of

if TYPE_CHECKING:
    from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard

# The grid has 24 columns.
COLUMNS = 24
HEIGHT = 6
# The height of the states of the alarms.
STATES_HEIGHT = 3
PERIOD = 300

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html: the writes that fill the
# stream.
WRITES = ("AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName")
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics. The number of
# polled events is reported while the mapping works, also if it is 0.
MAPPING_METRICS = (
    Metric("AWS/Lambda", "PolledEventCount", "mapping"),
    Metric("AWS/Lambda", "FilteredOutEventCount", "mapping"),
    Metric("AWS/Lambda", "InvokedEventCount", "mapping"),
)
# The rows below the table and its stream.
ROWS: Sequence[Sequence[AlarmName]] = (
    ("failed_events", "dropped_events"),
    ("errors", "throttles"),
    ("destination_failures", "delivered_events"),
    ("queue_messages", "queue_age"),
)

Widget = dict[str, Any]


def build_dashboard(
    *, scope: Construct, new: NewAlarms, alarms: Alarms, table: Table, mapping: LambdaEventSourceMapping
) -> CloudwatchDashboard:
    """Create the dashboard.

    Dashboards have no region, so that the name has the function's: the same stack can be deployed in several regions.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-dashboard.html

    Args:
        scope: The pattern.
        new: The inputs of the alarms.
        alarms: The created alarms.
        table: The table.
        mapping: The event source mapping.
    """
    region = new.region or part_of_arn(mapping.function_arn, REGION_PART)
    thresholds = {name: as_string(value) if is_token(value) else value for name, value in alarms.thresholds.items()}
    layout = _Layout(new, alarms, region, thresholds)
    arguments = {
        "dashboard_name": f"{new.base_name}-{region}",
        "dashboard_body": layout.write(name_of(table)),
        **companion_arguments(new.arguments),
    }
    # Imported here, because most patterns have no dashboard.
    from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard

    return create(CloudwatchDashboard, scope=scope, id="dashboard", arguments=arguments)


@dataclass(frozen=True)
class _Layout:
    """The widgets of the dashboard.

    Attributes:
        new: The inputs of the alarms.
        alarms: The created alarms.
        region: The region of the metrics.
        thresholds: The threshold of each alarm; an expression is text.
    """

    new: NewAlarms
    alarms: Alarms
    region: str
    thresholds: Mapping[AlarmName, float | str]

    def write(self, table_name: str) -> str:
        """Return the text of the dashboard: the states of the alarms, and below them the rows."""
        widgets: list[Widget] = []
        top = 0
        if self.alarms.created:
            arns = [alarm.arn for alarm in self.alarms.created.values()]
            states = {"type": "alarm", "properties": {"title": "Alarms", "alarms": arns}}
            widgets.append({**states, "x": 0, "y": 0, "width": COLUMNS, "height": STATES_HEIGHT})
            top = STATES_HEIGHT
        for row in [self._table_row(table_name), *self._figure_rows()]:
            width = COLUMNS // len(row)
            for number, widget in enumerate(row):
                widgets.append({**widget, "x": number * width, "y": top, "width": width, "height": HEIGHT})
            top += HEIGHT
        text = to_document({"widgets": widgets})
        for threshold in self.thresholds.values():
            if isinstance(threshold, str):
                # Terraform writes a number, which has no quotes in JSON.
                text = text.replace(f'"{threshold}"', threshold)
        return text

    def _table_row(self, table_name: str) -> list[Widget]:
        """Return the figures of the table, its stream and, if it has metrics, the mapping."""
        writes = [[*WRITES, table_name, {"stat": "Sum"}]]
        widgets = [self._graph("Write capacity that the table consumed (units)", writes), self._figure("iterator_age")]
        if "mapping" in self.alarms.dimensions:
            metrics = [self._metric(metric) for metric in MAPPING_METRICS]
            widgets.append(self._graph("Events that the mapping read, filtered out and sent", metrics))
        return widgets

    def _figure_rows(self) -> Iterator[list[Widget]]:
        for row in ROWS:
            widgets = [self._figure(name) for name in row if self._has(name)]
            if widgets:
                yield widgets

    def _has(self, name: AlarmName) -> bool:
        """Return whether the figure has a metric; also the queue that a bucket notifies has some."""
        is_of_queue = FIGURES[name].metric.source == "queue"
        return "queue" in self.alarms.dimensions if is_of_queue else name in self.new.figures

    def _figure(self, name: AlarmName) -> Widget:
        """Return the graph of a figure, with the threshold of its alarm."""
        figure = FIGURES[name]
        widget = self._graph(figure.title, [self._metric(figure.metric)], period=figure.period)
        if name in self.thresholds:
            annotation = {"label": "Alarm above", "value": self.thresholds[name]}
            widget["properties"]["annotations"] = {"horizontal": [annotation]}
        return widget

    def _metric(self, metric: Metric) -> list[Any]:
        """Return a metric in the form of a dashboard."""
        ((dimension, value),) = self.alarms.dimensions[metric.source].items()
        return [metric.namespace, metric.name, dimension, value, {"stat": metric.statistic}]

    def _graph(self, title: str, metrics: list[list[Any]], *, period: int = PERIOD) -> Widget:
        properties = {
            "title": title,
            "region": self.region,
            "view": "timeSeries",
            "period": period,
            "metrics": metrics,
            "yAxis": {"left": {"min": 0}},
        }
        return {"type": "metric", "properties": properties}
