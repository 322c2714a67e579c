"""Faults of a Terraform command: it is killed, it runs twice, AWS answers with errors. The proxy for such faults."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from .emulator_process import Emulator
from .fault_proxy import FaultProxy
from .providers import Provider
from .recorder_stack import RecorderStack
from .terraform import Terraform, override_provider


@pytest.fixture(scope="module")
def proxy(emulator: Emulator) -> Iterator[FaultProxy]:
    proxy = FaultProxy(emulator.url)
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def terraform(proxy: FaultProxy, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """An initialized stack whose provider calls the proxy."""
    folder: Path = tmp_path_factory.mktemp("faults")
    terraform = Terraform(folder / "stack", provider)
    terraform.synthesize(RecorderStack(effects=folder / "effects"))
    override_provider(terraform.folder, proxy.url)
    terraform.init()
    return terraform


def test_second_apply_is_locked_out_and_a_killed_apply_can_be_run_again(
    proxy: FaultProxy, terraform: Terraform
) -> None:
    proxy.holding = True
    first = terraform.start("apply", "-auto-approve")
    assert proxy.held.wait(180), "the apply did not reach the function"
    assert "Error acquiring the state lock" in terraform.run("apply", "-auto-approve", exit_code=1)
    os.killpg(first.pid, signal.SIGKILL)  # includes the provider's process, which would send the request again
    first.communicate()
    proxy.holding = False
    terraform.apply()
    terraform.run("plan", "-detailed-exitcode")


def test_provider_retries_while_aws_answers_503(proxy: FaultProxy, terraform: Terraform) -> None:
    proxy.start_outage(seconds=4)
    terraform.run("plan", "-detailed-exitcode")
    assert proxy.refused > 0


@pytest.mark.parametrize(("code", "status"), [("ThrottlingException", 400), ("InternalServerError", 500)])
def test_chosen_calls_get_the_chosen_error(emulator: Emulator, fault_proxy: FaultProxy, code: str, status: int) -> None:
    dynamodb = emulator.client("dynamodb", url=fault_proxy.url, config=Config(retries={"total_max_attempts": 1}))
    fault_proxy.fail("ListTables", code, skip=1, times=2)
    dynamodb.list_tables()
    for _ in range(2):
        with pytest.raises(ClientError) as error:
            dynamodb.list_tables()
        assert error.value.response["Error"]["Code"] == code
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    dynamodb.list_tables()
    assert fault_proxy.calls["ListTables"] == 4


def test_call_can_fail_after_it_was_done(emulator: Emulator, fault_proxy: FaultProxy) -> None:
    sqs = emulator.client("sqs", url=fault_proxy.url, config=Config(retries={"total_max_attempts": 1}))
    url = sqs.create_queue(QueueName="lost-answer")["QueueUrl"]
    fault_proxy.fail("SendMessage", after=True)
    with pytest.raises(ClientError, match="InternalServerError"):
        sqs.send_message(QueueUrl=url, MessageBody="sent")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "sent"


def test_calls_of_services_without_named_operations_can_fail(emulator: Emulator, fault_proxy: FaultProxy) -> None:
    config = Config(retries={"total_max_attempts": 1})
    s3 = emulator.client("s3", url=fault_proxy.url, config=config)
    lambda_ = emulator.client("lambda", url=fault_proxy.url, config=config)
    for operation in ("Invoke", "GetObject", "PutObject", "ListObjectsV2"):
        fault_proxy.fail(operation, "SlowDown", status=503)
    calls: list[Callable[[], object]] = [
        lambda: lambda_.invoke(FunctionName="any"),
        lambda: s3.get_object(Bucket="bucket", Key="folder/key"),
        lambda: s3.put_object(Bucket="bucket", Key="folder/key", Body=b""),
        lambda: s3.list_objects_v2(Bucket="bucket"),
    ]
    for call in calls:
        with pytest.raises(ClientError, match="SlowDown"):
            call()


def test_action_is_done_when_its_call_arrives(emulator: Emulator, fault_proxy: FaultProxy) -> None:
    dynamodb, done = emulator.client("dynamodb", url=fault_proxy.url), []
    fault_proxy.before("ListTables", lambda: done.append(fault_proxy.calls["ListTables"]), skip=1)
    for _ in range(3):
        dynamodb.list_tables()
    assert done == [2]
