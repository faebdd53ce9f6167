"""The stock AWS CLI: what the README shows is typed here."""

import json
import os
import subprocess
import sys
import time

from workflow_under_test import KEYS, ROLE, URL, check, define, run, same, unique

HELLO = define({"Hello": {"Type": "Pass", "Result": "hello"}})


def aws(*arguments, fails=False, **variables):
    """`aws stepfunctions ...`: its answer, or what it complains of."""
    key, secret = KEYS["ada"]
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_SFN": f"{URL}/v1/states",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        **variables,
    }
    command = [sys.executable, "-m", "awscli", "stepfunctions", *arguments, "--output", "json"]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    if fails:
        assert said.returncode != 0, said.stdout
        return said.stderr
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout) if said.stdout.strip() else None


@check
def a_machine_is_made_and_run_from_the_command_line():
    made = aws("create-state-machine", "--name", unique("cli"), "--definition", HELLO, "--role-arn", ROLE)
    arn = made["stateMachineArn"]
    execution = aws("start-execution", "--state-machine-arn", arn, "--input", '{"who": "you"}')["executionArn"]
    deadline = time.monotonic() + 30
    while (described := aws("describe-execution", "--execution-arn", execution))["status"] == "RUNNING":
        assert time.monotonic() < deadline, described
    same((described["status"], described["output"]), ("SUCCEEDED", '"hello"'))
    events = aws("get-execution-history", "--execution-arn", execution, "--page-size", "2")["events"]
    same(
        [event["type"] for event in events],
        ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"],
    )
    listed = aws("list-executions", "--state-machine-arn", arn)["executions"]
    same([each["executionArn"] for each in listed], [execution])
    aws("delete-state-machine", "--state-machine-arn", arn)


@check
def an_error_is_shown_as_the_services_own():
    said = aws("describe-execution", "--execution-arn", "nothing", fails=True)
    assert "(InvalidArn)" in said and "DescribeExecution" in said, said
    said = aws("list-state-machines", fails=True, AWS_SECRET_ACCESS_KEY="wrong")
    assert "(InvalidSignatureException)" in said, said


@check
def operations_with_a_host_of_their_own_need_one_setting():
    state = json.dumps({"Type": "Pass", "Result": 1, "End": True})
    answer = aws("test-state", "--definition", state, "--role-arn", ROLE, AWS_DISABLE_HOST_PREFIX_INJECTION="true")
    same((answer["status"], answer["output"]), ("SUCCEEDED", "1"))


run()
