"""Every limit that the inputs are checked against, each with the URL of its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """The whole numbers from `minimum` to `maximum`, and those in `also`.

    Attributes:
        minimum: The lowest number.
        maximum: The highest number.
        unit: What the number counts, for messages.
        also: Single numbers outside the range that are allowed too.
    """

    minimum: int
    maximum: int
    unit: str
    also: tuple[int, ...] = ()

    def __contains__(self, number: float) -> bool:
        return number == int(number) and (self.minimum <= number <= self.maximum or number in self.also)

    def __str__(self) -> str:
        also = "".join(f"{number} or " for number in self.also)
        return f"{also}{self.minimum} to {self.maximum} {self.unit}"


@dataclass(frozen=True)
class NameRule:
    """The length of a name, and its characters as the inside of a regular expression's character class."""

    min_length: int
    max_length: int
    characters: str


# https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
EVENT_SOURCE_RANGES: Mapping[str, Range] = {
    "batch_size": Range(1, 10_000, "records"),
    "maximum_retry_attempts": Range(-1, 10_000, "retries (-1: until the record expires)"),
    "maximum_record_age_in_seconds": Range(60, 604_800, "seconds (-1: no limit)", also=(-1,)),
    "parallelization_factor": Range(1, 10, "batches for each shard"),
    "maximum_batching_window_in_seconds": Range(0, 300, "seconds"),
    "tumbling_window_in_seconds": Range(0, 900, "seconds"),
}
# The same page: AT_TIMESTAMP is for Kinesis, MSK, Kafka and DocumentDB only.
STARTING_POSITIONS = ("TRIM_HORIZON", "LATEST")
FUNCTION_RESPONSE_TYPES = ("ReportBatchItemFailures",)
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
MAX_FILTERS = 5
MAX_FILTERS_WITH_RAISED_QUOTA = 10

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
QUEUE_RANGES: Mapping[str, Range] = {
    "message_retention_seconds": Range(60, 1_209_600, "seconds"),
    "visibility_timeout_seconds": Range(0, 43_200, "seconds"),
    "delay_seconds": Range(0, 900, "seconds"),
    "receive_wait_time_seconds": Range(0, 20, "seconds"),
    # 1 MiB since August 2025: https://aws.amazon.com/about-aws/whats-new/2025/08/amazon-sqs-max-payload-size-1mib/
    "max_message_size": Range(1_024, 1_048_576, "bytes"),
    "kms_data_key_reuse_period_seconds": Range(60, 86_400, "seconds"),
}

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamDescription.html
STREAM_VIEW_TYPES = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
BILLING_MODES = ("PAY_PER_REQUEST", "PROVISIONED")
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeDefinition.html
KEY_ATTRIBUTE_TYPES = ("S", "N", "B")

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
FUNCTION_RANGES: Mapping[str, Range] = {
    "timeout": Range(1, 900, "seconds"),
    "memory_size": Range(128, 10_240, "MB"),
}
# https://docs.aws.amazon.com/lambda/latest/api/API_TracingConfig.html
TRACING_MODES = ("Active", "PassThrough")
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
PACKAGE_TYPES = ("Zip", "Image")
# The same page: Architectures. Each with its name in the platform tags of wheels.
ARCHITECTURES: Mapping[str, str] = {"x86_64": "x86_64", "arm64": "aarch64"}
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: an archive that is uploaded directly.
MAX_UPLOAD_BYTES = 50 * 1024 * 1024
# The same page: a deployment package, unzipped.
MAX_UNZIPPED_BYTES = 250 * 1024 * 1024
# https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.4.22: an archive without the 64-bit extension.
MAX_ARCHIVE_ENTRIES = 65_535

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html: python3.8 to python3.11 run on Amazon Linux 2,
# later ones on Amazon Linux 2023. Minor version of Python 3 from which it holds -> minor version of glibc 2, from
# https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html.
GLIBC_FROM_PYTHON: Mapping[int, int] = {8: 26, 12: 34}
# https://peps.python.org/pep-0599/ and https://peps.python.org/pep-0600/: the oldest glibc that a manylinux tag names
# on each machine, and the older names of the tags.
OLDEST_MANYLINUX: Mapping[str, int] = {"x86_64": 5, "aarch64": 17}
MANYLINUX_ALIASES: Mapping[int, str] = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_effect.html
EFFECTS = ("Allow", "Deny")

# https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
FUNCTION_NAME = NameRule(1, 64, "A-Za-z0-9_-")
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
ROLE_NAME = NameRule(1, 64, "A-Za-z0-9_+=,.@-")
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
ROLE_POLICY_NAME = NameRule(1, 128, "A-Za-z0-9_+=,.@-")
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
QUEUE_NAME = NameRule(1, 80, "A-Za-z0-9_-")
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
TABLE_NAME = NameRule(3, 255, "A-Za-z0-9_.-")

# https://docs.aws.amazon.com/lambda/latest/api/API_EphemeralStorage.html
EPHEMERAL_STORAGE = Range(512, 10_240, "MB")
# https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking-esm.html: Lambda refuses the mapping if the execution
# may take longer, and https://docs.aws.amazon.com/lambda/latest/api/API_DurableConfig.html.
DURABLE_RANGES: Mapping[str, Range] = {
    "execution_timeout": Range(1, 900, "seconds, since an event source mapping invokes the function"),
    "retention_period": Range(1, 90, "days"),
}
# The same page: the longest execution on Lambda Managed Instances.
DURABLE_EXECUTION_OF_MANAGED_INSTANCES = Range(1, 5_400, "seconds, since an event source mapping invokes the function")
# https://docs.aws.amazon.com/lambda/latest/api/API_SnapStart.html
SNAP_START_APPLIES_ON = ("PublishedVersions", "None")
# https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html
LOG_FORMATS = ("JSON", "Text")
APPLICATION_LOG_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
SYSTEM_LOG_LEVELS = ("DEBUG", "INFO", "WARN")
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-version-publishing.html
PUBLISH_TO = ("LATEST_PUBLISHED",)
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_LAYERS = 5
# https://docs.aws.amazon.com/lambda/latest/api/API_FileSystemConfig.html
LOCAL_MOUNT_PATH = r"/mnt/[A-Za-z0-9_.-]+"
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html; a name of digits only would be a version.
ALIAS_NAME = NameRule(1, 128, "A-Za-z0-9_-")

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
LOG_GROUP_NAME = NameRule(1, 512, "A-Za-z0-9._/#-")
LOG_GROUP_CLASSES = ("STANDARD", "INFREQUENT_ACCESS", "DELIVERY")
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html. The provider takes 0
# for logs that never expire.
LOG_RETENTION_IN_DAYS = (
    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
ROLE_RANGES: Mapping[str, Range] = {
    "max_session_duration": Range(3_600, 43_200, "seconds"),
}
MAX_ROLE_DESCRIPTION_LENGTH = 1_000
ROLE_PATH = r"/|/[!-~]+/"
# The same page: a name has at most 64 characters, and Terraform adds 26 of them to a prefix.
ROLE_NAME_PREFIX = NameRule(1, 38, "A-Za-z0-9_+=,.@-")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
MANAGED_POLICY_ARN = r"arn:[\w-]+:iam::(?:aws|\d{12}):policy/[\w+=,.@/-]+"
# https://docs.aws.amazon.com/lambda/latest/api/API_Filter.html
MAX_FILTER_PATTERN_LENGTH = 4096
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax
FILTER_OPERATORS = ("anything-but", "equals-ignore-case", "exists", "numeric", "prefix", "suffix")
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
STREAM_EVENT_NAMES = ("INSERT", "MODIFY", "REMOVE")
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_AttributeValue.html
ATTRIBUTE_TYPES = ("S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS")
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html: the precision
# of a number.
MAX_NUMBER_DIGITS = 38
# https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingMetricsConfig.html: ErrorCount and KafkaMetrics
# are for Kafka only.
EVENT_SOURCE_METRICS = ("EventCount",)
# https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html: FunctionName.
FUNCTION_REFERENCE = (
    r"(arn:aws[a-zA-Z-]*:lambda:)?((eusc-)?[a-z]{2}(-gov|-iso[a-z]?)?-[a-z]+-\d:)?(\d{12}:)?(function:)?"
    r"[a-zA-Z0-9_.-]+(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9_-]+))?"
)
MAX_FUNCTION_REFERENCE_LENGTH = 256
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html: a record is kept for 24 hours.
STREAM_RETENTION_IN_SECONDS = 86_400


@dataclass(frozen=True)
class Minimum(Range):
    """The whole numbers from `minimum` up, and those in `also`."""

    maximum: int = 2**63 - 1
    unit: str = ""

    def __str__(self) -> str:
        also = "".join(f"{number} or " for number in self.also)
        return f"{also}{self.minimum} or more {self.unit}"


# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
TABLE_CLASSES = ("STANDARD", "STANDARD_INFREQUENT_ACCESS")
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GlobalSecondaryIndex.html
INDEX_NAME = NameRule(3, 255, "A-Za-z0-9_.-")
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_KeySchemaElement.html
MAX_ATTRIBUTE_NAME_LENGTH = 255
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Projection.html
PROJECTION_TYPES = ("ALL", "KEYS_ONLY", "INCLUDE")
MAX_PROJECTED_ATTRIBUTES_OF_INDEX = 20
MAX_PROJECTED_ATTRIBUTES = 100
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_KeySchemaElement.html
KEY_TYPES = ("HASH", "RANGE")
# The attributes of each type in the key of a global secondary index:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.DesignPattern.MultiAttributeKeys.html
MAX_ATTRIBUTES_OF_KEY_TYPE = 4
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html: the quota of local indexes is
# fixed, that of global indexes can be raised.
MAX_LOCAL_SECONDARY_INDEXES = 5
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PointInTimeRecoverySpecification.html
POINT_IN_TIME_RECOVERY_RANGES: Mapping[str, Range] = {
    "recovery_period_in_days": Range(1, 35, "days"),
}
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_OnDemandThroughput.html
ON_DEMAND_THROUGHPUT_RANGES: Mapping[str, Range] = {
    "max_read_request_units": Minimum(1, unit="units (-1: no maximum)", also=(-1,)),
    "max_write_request_units": Minimum(1, unit="units (-1: no maximum)", also=(-1,)),
}
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html
WARM_THROUGHPUT_RANGES: Mapping[str, Range] = {
    "read_units_per_second": Minimum(12_000, unit="units"),
    "write_units_per_second": Minimum(4_000, unit="units"),
}
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html: MultiRegionConsistency
CONSISTENCY_MODES = ("EVENTUAL", "STRONG")
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ImportTable.html
IMPORT_FORMATS = ("CSV", "DYNAMODB_JSON", "ION")
IMPORT_COMPRESSION_TYPES = ("GZIP", "ZSTD", "NONE")
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CsvOptions.html
CSV_DELIMITERS = ",\t:;| "
MAX_CSV_HEADERS = 255
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
ENVIRONMENT_VARIABLE_NAME = r"[A-Za-z][A-Za-z0-9_]+"
# The same page.
RESERVED_ENVIRONMENT_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html: RedrivePolicy and
# RedriveAllowPolicy.
RECEIVE_COUNT = Range(1, 1_000, "receives")
REDRIVE_PERMISSIONS = ("allowAll", "denyAll", "byQueue")
# The provider completes a prefix with 26 characters:
# https://github.com/hashicorp/terraform-plugin-sdk/blob/main/helper/id/id.go (UniqueIDSuffixLength)
QUEUE_NAME_PREFIX = NameRule(1, 54, "A-Za-z0-9_-")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: the characters of all inline policies of
# one role, without white space.
MAX_INLINE_POLICY_CHARACTERS = 10_240
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html, each as the
# inside of a regular expression.
CONDITION_OPERATORS: frozenset[str] = frozenset(
    {
        "String(Not)?(Equals|EqualsIgnoreCase|Like)",
        "Numeric(Equals|NotEquals|LessThan|LessThanEquals|GreaterThan|GreaterThanEquals)",
        "Date(Equals|NotEquals|LessThan|LessThanEquals|GreaterThan|GreaterThanEquals)",
        "Bool",
        "BinaryEquals",
        "(Not)?IpAddress",
        "Arn(Not)?(Equals|Like)",
        "Null",
    }
)
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html. The provider completes a prefix with 26
# characters.
BUCKET_NAME = NameRule(3, 63, "a-z0-9.-")
BUCKET_NAME_PREFIX = NameRule(1, 37, "a-z0-9.-")
# The same page: a name begins and ends with a letter or digit, has no two dots in a row, and is no IP address.
RESERVED_BUCKET_NAME_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
BUCKET_NAME_FORM = rf"(?!({'|'.join(RESERVED_BUCKET_NAME_STARTS)}))(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9].*"
BUCKET_NAME_END = r".*[a-z0-9](?<!-s3alias)(?<!--ol-s3)(?<!\.mrap)(?<!--x-s3)(?<!--table-s3)"
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleExpiration.html: Days, an integer of 32 bits.
FAILURE_BUCKET_RANGES: Mapping[str, Range] = {
    "expiration_days": Range(1, 2**31 - 1, "days"),
}

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html: AlarmName and AlarmActions.
# CloudWatch takes more characters in a name.
ALARM_NAME = NameRule(1, 255, "A-Za-z0-9_-")
MAX_ALARM_ACTIONS = 5
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
DASHBOARD_NAME = NameRule(1, 255, "A-Za-z0-9_-")
# A stream keeps a record for 24 hours (`STREAM_RETENTION_IN_SECONDS`), and an age below a minute is normal. SQS reports
# a queue for six hours after the last action on it, so that a higher age of a message may never be seen:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
ALARM_THRESHOLDS: Mapping[str, Range] = {
    "iterator_age": Range(60_000, 86_400_000, "milliseconds"),
    "failed_events": Minimum(0, unit="events"),
    "dropped_events": Minimum(0, unit="events"),
    "errors": Minimum(0, unit="invocations"),
    "throttles": Minimum(0, unit="invocations"),
    "destination_failures": Minimum(0, unit="attempts"),
    "delivered_events": Minimum(0, unit="events"),
    "queue_messages": Minimum(0, unit="messages"),
    "queue_age": Range(60, 21_600, "seconds"),
}

# https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html: the characters that the
# names in Amazon CloudWatch Logs allow too.
STATE_MACHINE_NAME = NameRule(1, 80, "A-Za-z0-9_-")
# https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
BACKFILL_RANGES: Mapping[str, Range] = {
    "max_concurrency": Range(1, 10_000, "files at once"),
    "tolerated_failure_percentage": Range(0, 100, "percent of the files"),
    # https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html: MaxAttempts.
    "max_retries": Range(0, 99_999_999, "retries"),
}
# The same page: a label is part of the ARNs of the children.
MAX_STATE_LABEL_LENGTH = 40
# https://states-language.net/spec.html: the name of a state.
MAX_STATE_NAME_LENGTH = 80
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: a state machine's definition.
MAX_DEFINITION_BYTES = 1024 * 1024
# https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html. The account's quota decides more.
BACKFILL_WORKER_RANGES: Mapping[str, Range] = {
    # A worker needs time for some batches before it hands back its checkpoint.
    "timeout": Range(60, 900, "seconds"),
    "memory_size": Range(256, 10_240, "MB"),
    "ephemeral_storage": Range(512, 10_240, "MB"),
    "reserved_concurrent_executions": Range(1, 10_000, "executions"),
}
