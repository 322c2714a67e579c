"""The sample app's stack: a table, and the function of the folder `function/` that keeps a search index equal to it.

Terraform variables hold the settings that an operations team decides. So the same bundle can be deployed to every
environment, each with its own ``-var-file``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda, LambdaFunctionProps, RoleStatement
from cdktf import LocalBackend, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from .alarms import METRICS_NAMESPACE, add_alarm, alarms
from .variables import DomainVariables, SampleVariables, SecretVariables, VpcVariables

FUNCTION = Path(__file__).parent.parent / "function"
# Files of the folder that do not run in Lambda. A pattern that matches no file excludes nothing.
NOT_DEPLOYED = ["README.md", "requirements.txt", "manage.py", "management"]
UNLIMITED = -1
SECONDS_PER_DAY = 24 * 60 * 60

AuthenticationMethod = Literal["iam", "basic", "api_key"]
Resource = TypeVar("Resource")


class SampleStack(TerraformStack):
    """A table, the function that indexes its changes, alarms and a dashboard."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        in_vpc: bool = False,
        authentication: AuthenticationMethod = "iam",
        code: Code | None = None,
    ) -> None:
        """Create the resources.

        `in_vpc` and `authentication` are decided when the app is synthesized, and are not Terraform variables. They
        decide which variables are required and which permissions the role has. With a variable, the role of every
        environment would have the permissions for all choices, and a missing value would only fail at apply. Stacks
        with different choices can be in one app.

        Args:
            scope: the app.
            id: the stack's id.
            in_vpc: whether the function runs in a VPC, for a domain that can only be reached from there. The stack then
                has the required variables `subnet_ids` and `security_group_ids`.
            authentication: how the function authenticates to the search service. `iam`: it signs requests with its
                role, and the stack has the required variable `search_domain_arn`. `basic`: with a user and a password;
                `api_key`: with an API key. Both are read from the secret of the required variable `search_secret_arn`.
            code: the function's code; by default that of the folder `function/`, for Python 3.13 on arm64.
        """
        super().__init__(scope, id)
        variables = SampleVariables(self)
        AwsProvider(self, "aws", region=variables.region)
        # A relative path, so that the output folder also works after it was copied. Use a remote backend in production:
        # if main.py no longer creates a stack, cdktf removes the stack's folder, and with it the state.
        LocalBackend(self, path=f"terraform.{id}.tfstate")
        name = f"{variables.name_prefix}-search-indexer"
        access = _access(self, authentication)
        pattern = DynamoDBStreamsToLambda(
            self,
            "pipeline",
            dynamo_table_props={
                "name": name,
                "deletion_protection_enabled": variables.table_deletion_protection,
            },
            dynamo_event_source_props={
                "batch_size": variables.batch_size,
                "function_response_types": ["ReportBatchItemFailures"],
                # These settings are for outages. A record that the index refuses does not fail: the function stores it
                # in another index, and it counts as done. (With REJECTED_RECORDS=report it fails, and would block its
                # shard for 24 hours: then limit the retries.) So everything that fails can succeed later, and is
                # retried for as long as the stream has it. A limit would give records up during a long outage, since
                # an invocation takes a minute or less: 500 retries can be over in 8 hours.
                "maximum_retry_attempts": UNLIMITED,
                # The stream deletes records after 24 hours. With this limit, Lambda writes a message about them to the
                # dead-letter queue, which it does not do for records that only expire.
                "maximum_record_age_in_seconds": SECONDS_PER_DAY,
                # Halving a batch isolates a record that crashes the function, for example one that needs too much
                # memory. In an outage it costs little: a batch of 100 is halved 7 times, only the batch that is being
                # retried is halved, and after the outage about 8 invocations for each shard take its parts.
                # "Splitting batches doesn't consume the retry quota":
                # https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
                "bisect_batch_on_function_error": True,
            },
            lambda_function_props={
                "function_name": name,
                "code": code
                or Code.from_python_project(FUNCTION, runtime="python3.13", architecture="arm64", exclude=NOT_DEPLOYED),
                "handler": "index.handler",
                "memory_size": 512,
                "timeout": 60,
                "environment": {
                    "variables": {
                        "SEARCH_ENDPOINT": variables.search_endpoint,
                        "INDEX": variables.index,
                        # The alarms name both. The service is different for each environment, so that the metrics of
                        # several environments in one account do not mix.
                        "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
                        "POWERTOOLS_SERVICE_NAME": name,
                        **access.environment,
                    }
                },
                **_network(self, in_vpc=in_vpc),
            },
            lambda_role_props={"name": name},
            lambda_role_statements=access.statements,
            sqs_dlq_queue_props={
                "name": f"{name}-dlq",
                "message_retention_seconds": variables.queue_retention_in_seconds,
            },
            deploy_alarms=True,
            alarm_props={"alarm_actions": variables.alarm_actions},
            # Unlimited retries are deliberate: see above.
            silence_warnings=["maximum_retry_attempts"],
        )
        table = _created(pattern.dynamo_table)
        queue = _created(pattern.dead_letter_queue)
        log_group = _created(pattern.log_group)
        log_group.retention_in_days = variables.log_retention_in_days

        moves = []
        for alarm in alarms(function_name=name):
            added = add_alarm(self, alarm, name_prefix=name, actions=variables.alarm_actions)
            address = f"{added.terraform_resource_type}.{added.friendly_unique_id}"
            moves.append({"from": f"{added.terraform_resource_type}.{alarm.id}", "to": address})
        # Deployed alarms have addresses with hyphens. `move_from_id` would make cdktf run Terraform at synth.
        self.add_override("moved", moves)

        outputs = {
            "table_name": (table.name, "The table's name."),
            "table_arn": (table.arn, "The table's ARN."),
            "stream_arn": (table.stream_arn, "The ARN of the table's stream."),
            "function_name": (pattern.lambda_function.function_name, "The function's name."),
            "function_arn": (pattern.lambda_function.arn, "The function's ARN."),
            "role_arn": (_created(pattern.lambda_role).arn, "The ARN of the function's execution role."),
            "queue_url": (queue.url, "The dead-letter queue's URL, to receive its messages."),
            "queue_arn": (queue.arn, "The dead-letter queue's ARN."),
            "mapping_uuid": (
                pattern.event_source_mapping.uuid,
                "The event source mapping's UUID, to pause and resume it.",
            ),
            "log_group_name": (log_group.name, "The name of the function's log group."),
        }
        for output, (value, description) in outputs.items():
            TerraformOutput(self, output, value=value, description=description)


@dataclass(frozen=True)
class _Access:
    """The settings and permissions with which the function authenticates to the search service.

    Attributes:
        environment: environment variables.
        statements: statements for the policy of the function's role.
    """

    environment: Mapping[str, str]
    statements: Sequence[RoleStatement]


def _access(stack: TerraformStack, authentication: AuthenticationMethod) -> _Access:
    """Add the variables for an authentication method, and return the function's settings and permissions."""
    if authentication == "iam":
        domain = DomainVariables(stack).search_domain_arn
        # The function sends POST requests for _bulk and _mget. For OpenSearch Serverless, use aoss:APIAccessAll on the
        # collection's ARN instead, and set SEARCH_SERVICE=aoss.
        return _Access(
            {"SEARCH_SERVICE": "es"},
            [{"Sid": "WriteIndex", "Action": "es:ESHttpPost", "Resource": f"{domain}/*"}],
        )
    secret = SecretVariables(stack).search_secret_arn
    return _Access(
        {"SEARCH_SERVICE": authentication, "SEARCH_SECRET_ARN": secret},
        [
            {"Sid": "ReadSecret", "Action": "secretsmanager:GetSecretValue", "Resource": secret},
            # For a secret with a customer managed key: any key, but only to decrypt this secret. AWS's managed policy
            # AWSSecretsManagerClientReadOnlyAccess has the same conditions. The default key needs no permission.
            {
                "Sid": "DecryptSecret",
                "Action": "kms:Decrypt",
                "Resource": "*",
                "Condition": {
                    "StringEquals": {"kms:EncryptionContext:SecretARN": secret},
                    "StringLike": {"kms:ViaService": "secretsmanager.*.amazonaws.com"},
                },
            },
        ],
    )


def _network(stack: TerraformStack, *, in_vpc: bool) -> LambdaFunctionProps:
    """Add the variables of a function in a VPC, and return the function's arguments; nothing for other functions."""
    if not in_vpc:
        return {}
    vpc = VpcVariables(stack)
    return {"vpc_config": {"subnet_ids": vpc.subnet_ids, "security_group_ids": vpc.security_group_ids}}


def _created(resource: Resource | None) -> Resource:
    """Return a resource that the pattern creates with the inputs of this stack.

    Raises:
        ValueError: if the pattern did not create it.
    """
    if resource is None:
        raise ValueError("the pattern did not create this resource: change the inputs, or do not use the resource here")
    return resource
