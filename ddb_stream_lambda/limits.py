"""Every limit that the inputs are held to, with its source.

"Lambda API" is the AWS Lambda API Reference, *CreateEventSourceMapping*; "provider" is the documentation of the
Terraform AWS provider 6.25, page of the resource named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """The whole numbers from `lowest` to `highest`, and those in `besides`."""

    lowest: int
    highest: int
    unit: str
    besides: tuple[int, ...] = ()

    def __contains__(self, number: float) -> bool:
        return number == int(number) and (self.lowest <= number <= self.highest or number in self.besides)

    def __str__(self) -> str:
        besides = "".join(f"{number} or " for number in self.besides)
        return f"{besides}{self.lowest} to {self.highest} {self.unit}"


# Lambda API, and provider, aws_lambda_event_source_mapping.
EVENT_SOURCE_RANGES: Mapping[str, Range] = {
    "batch_size": Range(1, 10_000, "records"),
    "maximum_retry_attempts": Range(-1, 10_000, "retries (-1: until the record expires)"),
    "maximum_record_age_in_seconds": Range(60, 604_800, "seconds (-1: never too old)", besides=(-1,)),
    "parallelization_factor": Range(1, 10, "batches a shard"),
    "maximum_batching_window_in_seconds": Range(0, 300, "seconds"),
    "tumbling_window_in_seconds": Range(0, 900, "seconds"),
}

# Amazon SQS API Reference, SetQueueAttributes.
QUEUE_RANGES: Mapping[str, Range] = {
    "message_retention_seconds": Range(60, 1_209_600, "seconds"),
    "visibility_timeout_seconds": Range(0, 43_200, "seconds"),
    "delay_seconds": Range(0, 900, "seconds"),
    "receive_wait_time_seconds": Range(0, 20, "seconds"),
}

# AWS Lambda Developer Guide, "Lambda quotas": timeout.
FUNCTION_RANGES: Mapping[str, Range] = {
    "timeout": Range(1, 900, "seconds"),
}

# Lambda API: AT_TIMESTAMP is for Kinesis, MSK, Kafka and DocumentDB alone.
STARTING_POSITIONS = ("TRIM_HORIZON", "LATEST")
# Lambda API: FunctionResponseTypes.
FUNCTION_RESPONSE_TYPES = ("ReportBatchItemFailures",)
# Amazon DynamoDB API Reference, StreamSpecification.
STREAM_VIEW_TYPES = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")
# Amazon DynamoDB API Reference, CreateTable: BillingMode, AttributeDefinition.
BILLING_MODES = ("PAY_PER_REQUEST", "PROVISIONED")
KEY_ATTRIBUTE_TYPES = ("S", "N", "B")
# AWS Lambda API Reference, TracingConfig.
TRACING_MODES = ("Active", "PassThrough")
# AWS Lambda API Reference, CreateFunction: PackageType.
PACKAGE_TYPES = ("Zip", "Image")

# IAM User Guide, "IAM JSON policy elements: Effect".
EFFECTS = ("Allow", "Deny")

# AWS Lambda Developer Guide, "Lambda event filtering": five filters a mapping, ten with a raised quota.
MOST_FILTERS = 5
MOST_FILTERS_WITH_RAISED_QUOTA = 10

# AWS Lambda Developer Guide, "Lambda quotas": a zip archive uploaded directly.
LARGEST_UPLOAD_BYTES = 50 * 1024 * 1024
# The same page: a deployment package unzipped.
LARGEST_UNZIPPED_BYTES = 250 * 1024 * 1024
# ZIP File Format Specification (APPNOTE), 4.4.22: entries of an archive without its 64-bit extension.
MOST_ARCHIVE_ENTRIES = 65_535

# AWS Lambda API Reference, CreateFunction: Architectures; each with its name in wheels' platform tags.
ARCHITECTURES: Mapping[str, str] = {"x86_64": "x86_64", "arm64": "aarch64"}
# AWS Lambda Developer Guide, "Lambda runtimes" (python3.8 to 3.11 on Amazon Linux 2, later ones on Amazon Linux 2023),
# and the two systems' user guides: the minor version of glibc 2 from a minor version of Python 3 on.
GLIBC_FROM_PYTHON: Mapping[int, int] = {8: 26, 12: 34}
# PEP 599 and PEP 600: the oldest glibc that a manylinux tag names on each machine, and the tags' older names.
OLDEST_MANYLINUX: Mapping[str, int] = {"x86_64": 5, "aarch64": 17}
MANYLINUX_ALIASES: Mapping[int, str] = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


@dataclass(frozen=True)
class NameRule:
    """What a name may be: its length, and its characters as the inside of a regular expression's class."""

    shortest: int
    longest: int
    characters: str


# AWS Lambda, IAM, Amazon SQS and Amazon DynamoDB API References: CreateFunction, CreateRole, CreateQueue, CreateTable.
FUNCTION_NAME = NameRule(1, 64, "A-Za-z0-9_-")
ROLE_NAME = NameRule(1, 64, "A-Za-z0-9_+=,.@-")
ROLE_POLICY_NAME = NameRule(1, 128, "A-Za-z0-9_+=,.@-")
QUEUE_NAME = NameRule(1, 80, "A-Za-z0-9_-")
TABLE_NAME = NameRule(3, 255, "A-Za-z0-9_.-")
