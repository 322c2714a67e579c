"""The failure bucket: Lambda writes each batch that the function could not process to it, with the whole records.

S3 sends a notification for each object to the dead-letter queue, so that the queue is the only one to watch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from cdktf import TerraformResource, TerraformStack
from constructs import Construct

from .._engine.addresses import refer_to
from .._engine.creation import create
from .._engine.tokens import expression_of, is_token
from .._engine.validation import check_at_synth
from ..arguments._generated import FailureBucketProps
from ..arguments.checks import check_name, check_ranges, check_timeouts
from ..arguments.companions import companion_arguments, with_companion
from ..arguments.completing import complete
from ..arguments.conforming import Arguments
from ..arguments.policies import policy_document
from ..arguments.warnings import OverrideWarning
from ..errors import Mistakes
from ..limits import (
    BUCKET_NAME,
    BUCKET_NAME_END,
    BUCKET_NAME_FORM,
    BUCKET_NAME_PREFIX,
    FAILURE_BUCKET_RANGES,
    RESERVED_BUCKET_NAME_STARTS,
)
from . import event_source
from .failure_destination import AWS_MANAGED_KEY, Destination
from .kms_keys import check_key, look_up_key

# The functions that create the bucket import the modules of S3: a pattern without a bucket does not need them.
if TYPE_CHECKING:
    from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket

PROPS = "failure_bucket_props"
DEPLOY = "deploy_failure_bucket"

EXPIRATION_IN_DAYS = 90
# Lambda writes an object in one request. What another writer leaves unfinished is removed after this time.
INCOMPLETE_UPLOADS_IN_DAYS = 7
NAME_ENDING = "-failures-"
SUFFIX = "failure"

# Arguments that belong to other resources than the bucket.
OTHER_RESOURCES = ("expiration_days", "kms_master_key_id")

# The name of a bucket that a stack of the app creates or reads. Both attributes are the name.
BUCKET_NAME_EXPRESSION = re.compile(r"\$\{((data\.)?aws_s3_bucket\.[\w-]+)\.(bucket|id)\}")

FailureBucketWarningId = Literal["expiration_days", "force_destroy", "prevent_destroy"]

ResourceT = TypeVar("ResourceT", bound=TerraformResource)


@dataclass(frozen=True)
class NewBucket:
    """A bucket to create, with its complete arguments: those of `aws_s3_bucket`, and `OTHER_RESOURCES`."""

    arguments: Arguments


@dataclass(frozen=True)
class Bucket:
    """The created bucket.

    Attributes:
        created: The bucket.
        arn: Its ARN.
        kms_key_arn: Its customer managed key, if it has one.
        companion: Its `provider` and `region`.
        encryption: The resource with its encryption, before which Lambda must not write to it.
    """

    created: S3Bucket
    arn: str
    kms_key_arn: str | None
    companion: Mapping[str, Any]
    encryption: TerraformResource


def defaults(path: str, given: Arguments) -> dict[str, Any]:
    """Return the default arguments of the bucket.

    Args:
        path: The construct's path.
        given: The user's arguments. The provider takes one of `bucket` and `bucket_prefix`.
    """
    arguments: dict[str, Any] = {"expiration_days": EXPIRATION_IN_DAYS, "lifecycle": {"prevent_destroy": True}}
    if given.get("bucket") is None:
        arguments["bucket_prefix"] = name_prefix(path)
    return arguments


def name_prefix(path: str) -> str:
    """Return the start of the bucket's name, which Terraform completes: bucket names are global.

    Args:
        path: The construct's path, such as ``orders/pipeline``, which gives ``orders-pipeline-failures-``.
    """
    readable = re.sub("[^a-z0-9]+", "-", path.lower()).strip("-")
    if readable.startswith(RESERVED_BUCKET_NAME_STARTS):
        readable = f"x-{readable}"
    head = readable[: BUCKET_NAME_PREFIX.max_length - len(NAME_ENDING)].rstrip("-")
    return f"{head}{NAME_ENDING}".lstrip("-")


def check_bucket(
    *,
    path: str,
    stack: TerraformStack,
    deploy: bool,
    props: object,
    user_destination: str | None,
    companion: Mapping[str, Any],
    mistakes: Mistakes,
) -> NewBucket | None:
    """Return the bucket to create, or None; add a mistake for each wrong input.

    Args:
        path: The construct's path.
        stack: The pattern's stack.
        deploy: The user's ``deploy_failure_bucket``.
        props: The user's ``failure_bucket_props``.
        user_destination: The ARN of the user's failure destination, if there is one.
        companion: The `provider` and `region` of the function, which the bucket's own arguments override.
        mistakes: The collector of mistakes.
    """
    if not isinstance(deploy, bool):
        mistakes.add(DEPLOY, deploy, "must be True or False, and known when the app is synthesized")
    elif deploy and user_destination is not None:
        message = (
            f"{event_source.PROPS}.destination_config names another failure destination, and Lambda sends to only one; "
            "remove one of the two"
        )
        mistakes.add(DEPLOY, deploy, message)
    elif props is not None and not deploy:
        mistakes.add(PROPS, props, f"configures the bucket, but {DEPLOY} is False; add {DEPLOY}=True, or remove this")
    arguments = with_companion(_check_new(path, props, mistakes), companion)
    name = arguments.get("bucket")
    if isinstance(name, str) and is_token(name) and BUCKET_NAME_EXPRESSION.fullmatch(expression_of(name, stack)):
        message = (
            "is the name of an existing bucket, and the pattern would create a second one with it; name the existing "
            f"bucket in destination_config of {event_source.PROPS}, and remove {DEPLOY}"
        )
        mistakes.add(f"{PROPS}.bucket", name, message)
    return NewBucket(arguments) if deploy is True else None


def build_bucket(*, scope: Construct, bucket: NewBucket | None) -> Bucket | None:
    """Create the bucket and its settings, all except its notification."""
    if bucket is None:
        return None
    from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
    from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import S3BucketLifecycleConfiguration
    from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import S3BucketOwnershipControls
    from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
    from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
    from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
        S3BucketServerSideEncryptionConfigurationA,
    )
    from cdktf_cdktf_provider_aws.s3_bucket_versioning import S3BucketVersioningA

    arguments = {name: value for name, value in bucket.arguments.items() if name not in OTHER_RESOURCES}
    created = create(S3Bucket, scope=scope, id="failure-bucket", suffix=SUFFIX, arguments=arguments)
    name = arguments.get("bucket")
    if name is not None and not is_token(name):
        check_at_synth(scope, lambda: _find_same_name(created, name))
    companion = companion_arguments(arguments)
    part = _Parts(scope, refer_to(created, "id"), companion)
    ownership = {"rule": {"object_ownership": "BucketOwnerEnforced"}}
    part.create(S3BucketOwnershipControls, "ownership", ownership)
    blocked = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    access = part.create(S3BucketPublicAccessBlock, "public-access", dict.fromkeys(blocked, True))
    # S3 refuses two changes of a bucket's access at the same time (OperationAborted).
    part.create(S3BucketPolicy, "policy", {"policy": _policy(created), "depends_on": [access]})
    key = bucket.arguments.get("kms_master_key_id")
    encryption = part.create(S3BucketServerSideEncryptionConfigurationA, "encryption", _encryption(key))
    enabled = {"versioning_configuration": {"status": "Enabled"}}
    versioning = part.create(S3BucketVersioningA, "versioning", enabled)
    # The rules name noncurrent versions, which a bucket has once it is versioned.
    rules = {"rule": _lifecycle_rules(bucket.arguments.get("expiration_days")), "depends_on": [versioning]}
    part.create(S3BucketLifecycleConfiguration, "expiration", rules)
    customer_key = None
    if key is not None and not AWS_MANAGED_KEY.fullmatch(key):
        customer_key = look_up_key(scope=scope, id="failure-bucket-key", suffix=SUFFIX, key=key, companion=companion)
    return Bucket(created, created.arn, customer_key, companion, encryption)


def _find_same_name(bucket: S3Bucket, name: str) -> list[str]:
    """Return an error for each other bucket of the app with the same name."""
    return [
        f"{PROPS}.bucket is {name!r}, which {other.node.path} has too: bucket names are global; give another name, or "
        f"bucket_prefix, or name one bucket in destination_config of {event_source.PROPS}"
        for other in bucket.node.root.node.find_all()
        if isinstance(other, type(bucket)) and other.node.path != bucket.node.path and other.bucket_input == name
    ]


def build_destination(*, scope: Construct, bucket: Bucket, queue: Destination | None) -> Destination:
    """Create the bucket's notification, and return the bucket as the failure destination.

    S3 checks when the notification is created that it may send to the queue, so it waits for the queue's policy. And
    the mapping waits for the notification: the queue has a message for each object that Lambda writes.

    Args:
        scope: The pattern.
        bucket: The bucket.
        queue: The dead-letter queue, if there is one.
    """
    settings: list[TerraformResource] = [bucket.encryption]
    if queue is not None:
        from cdktf_cdktf_provider_aws.s3_bucket_notification import S3BucketNotification

        part = _Parts(scope, refer_to(bucket.created, "id"), bucket.companion)
        notification = {
            "queue": [{"queue_arn": queue.arn, "events": ["s3:ObjectCreated:*"]}],
            "depends_on": [] if queue.policy is None else [queue.policy],
        }
        settings.append(part.create(S3BucketNotification, "notification", notification))
    return Destination(
        arn=bucket.arn,
        queue=None if queue is None else queue.queue,
        service="s3",
        kms_key_arn=bucket.kms_key_arn,
        settings=settings,
    )


def warnings_of(bucket: NewBucket | None) -> Iterator[OverrideWarning]:
    """Yield a warning for each protective default that the props weaken."""
    if bucket is None:
        return
    arguments = bucket.arguments
    if arguments.get("lifecycle", {}).get("prevent_destroy", False) is False:
        yield _warning(
            "prevent_destroy",
            f"{PROPS}.lifecycle.prevent_destroy is off: Terraform may destroy or replace the failure bucket.",
        )
    if arguments.get("force_destroy") is True:
        yield _warning(
            "force_destroy",
            f"{PROPS}.force_destroy is on: Terraform deletes all failed batches when it destroys the bucket.",
        )
    days = arguments.get("expiration_days", EXPIRATION_IN_DAYS)
    if not is_token(days) and days < EXPIRATION_IN_DAYS:
        yield _warning(
            "expiration_days",
            f"{PROPS}.expiration_days is overridden: S3 deletes failed batches earlier than after "
            f"{EXPIRATION_IN_DAYS} days.",
        )


def _warning(id: FailureBucketWarningId, consequence: str) -> OverrideWarning:
    return OverrideWarning(id, consequence)


@dataclass(frozen=True)
class _Parts:
    """Creates the resources that are settings of a bucket.

    Attributes:
        scope: The pattern.
        bucket: The expression for the bucket's name.
        companion: The `provider` and `region` of the bucket.
    """

    scope: Construct
    bucket: str
    companion: Mapping[str, Any]

    def create(self, kind: type[ResourceT], name: str, arguments: Mapping[str, Any]) -> ResourceT:
        complete_arguments = {"bucket": self.bucket, **arguments, **self.companion}
        return create(kind, scope=self.scope, id=f"failure-bucket-{name}", suffix=SUFFIX, arguments=complete_arguments)


def _check_new(path: str, props: object, mistakes: Mistakes) -> Arguments:
    arguments = complete(
        FailureBucketProps,
        props,
        defaults=lambda given: defaults(path, given),
        property=PROPS,
        mistakes=mistakes,
        resource="aws_s3_bucket",
    )
    if {"bucket", "bucket_prefix"} <= arguments.keys():
        message = "a bucket has a name, or a prefix that Terraform completes; remove one of the two"
        mistakes.add(f"{PROPS}.bucket_prefix", arguments["bucket_prefix"], message)
    for argument, rule in (("bucket", BUCKET_NAME), ("bucket_prefix", BUCKET_NAME_PREFIX)):
        property, value, known = f"{PROPS}.{argument}", arguments.get(argument), len(mistakes.found)
        check_name(rule, value=value, property=property, mistakes=mistakes)
        if len(mistakes.found) == known:
            _check_form(argument, value, property, mistakes)
    key = arguments.get("kms_master_key_id")
    check_key(key, service="s3", property=f"{PROPS}.kms_master_key_id", mistakes=mistakes)
    check_ranges(FAILURE_BUCKET_RANGES, arguments=arguments, property=PROPS, mistakes=mistakes)
    check_timeouts(arguments, property=PROPS, mistakes=mistakes)
    return arguments


def _check_form(argument: str, value: object, property: str, mistakes: Mistakes) -> None:
    """Add a mistake for a name or a prefix whose characters S3 accepts, but not in this order."""
    if not isinstance(value, str) or is_token(value):
        return
    is_complete = argument == "bucket"
    if not re.fullmatch(BUCKET_NAME_FORM, value) or (is_complete and not re.fullmatch(BUCKET_NAME_END, value)):
        message = (
            "must begin and end with a letter or digit, without two dots in a row, the form of an IP address, or a "
            "beginning or ending that S3 reserves"
        )
        mistakes.add(property, value, message)


def _encryption(key: str | None) -> dict[str, Any]:
    """Return the arguments of the bucket's encryption: with keys of S3, or with a KMS key."""
    if key is None:
        return {"rule": [{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}]}
    by_default = {"sse_algorithm": "aws:kms", "kms_master_key_id": key}
    # One data key of the bucket instead of a request to KMS for each object:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
    return {"rule": [{"apply_server_side_encryption_by_default": by_default, "bucket_key_enabled": True}]}


def _lifecycle_rules(days: float | None) -> Sequence[Mapping[str, Any]]:
    """Return the rules that remove what is no longer needed.

    A version that expires becomes a noncurrent version, behind a delete marker. Markers without a version have a
    separate rule: https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleExpiration.html

    Args:
        days: The days until a current version expires, and a noncurrent one; None to keep all versions.
    """
    uploads = {
        "id": "incomplete-uploads",
        "status": "Enabled",
        "filter": [{"prefix": ""}],
        "abort_incomplete_multipart_upload": [{"days_after_initiation": INCOMPLETE_UPLOADS_IN_DAYS}],
    }
    markers = {
        "id": "delete-markers",
        "status": "Enabled",
        "filter": [{"prefix": ""}],
        "expiration": [{"expired_object_delete_marker": True}],
    }
    if days is None:
        return [uploads, markers]
    versions = {
        "id": "versions",
        "status": "Enabled",
        "filter": [{"prefix": ""}],
        "expiration": [{"days": days}],
        "noncurrent_version_expiration": [{"noncurrent_days": days}],
    }
    return [versions, uploads, markers]


def _policy(bucket: S3Bucket) -> str:
    """Return a policy that denies access without TLS. Nothing allows access from other accounts."""
    arn = refer_to(bucket, "arn")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"]}
    return policy_document([{"Sid": "HttpsOnly", **deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}])
