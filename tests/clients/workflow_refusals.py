"""Stock boto3 and who may: signatures that are wrong, expired or missing, keys that are gone, what a role is for."""

import datetime
import json
import pathlib
import re

import boto3
import botocore.auth
from botocore import UNSIGNED
from botocore.exceptions import ClientError
from workflow_under_test import (
    KEYS,
    PASS,
    ROLE,
    SFN,
    URL,
    check,
    client,
    client_with,
    define,
    ended,
    eventually,
    history,
    http,
    machine,
    refused,
    run,
    same,
    start,
    unique,
)

JSON_1_0 = {"content-type": "application/x-amz-json-1.0"}


def elsewhere(**options):
    """A client of ada's with other options of boto3's own."""
    key, secret = KEYS["ada"]
    told = {"region_name": "us-east-1", "endpoint_url": f"{URL}/v1/states", **options}
    return boto3.client("stepfunctions", aws_access_key_id=key, aws_secret_access_key=secret, **told)


def unauthorised(call, *codes, **arguments):
    """The error that `call` must raise, whatever class the client has for it."""
    try:
        answer = call(**arguments)
    except ClientError as error:
        raised = error
    else:
        raise AssertionError(f"answered: {answer}")
    assert raised.response["Error"]["Code"] in codes, raised
    assert raised.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403), raised.response
    return raised


@check
def a_wrong_secret_is_refused():
    key, secret = KEYS["ada"]
    wrong = client_with(key, secret[::-1])
    unauthorised(wrong.list_state_machines, "InvalidSignatureException")
    # As little is told to whoever asks for more.
    unauthorised(wrong.describe_state_machine, "InvalidSignatureException", stateMachineArn=machine(PASS))


@check
def a_key_that_nobody_has_is_refused():
    unauthorised(client_with("AKIA" + "Q" * 16, KEYS["ada"][1]).list_state_machines, "UnrecognizedClientException")
    unauthorised(client_with("nonsense", "nonsense").list_state_machines, "UnrecognizedClientException")


@check
def a_signature_of_long_ago_is_refused():
    now = botocore.auth.get_current_datetime
    for minutes in (-10, 10):
        moved = client()
        botocore.auth.get_current_datetime = lambda *arguments: now(*arguments) + datetime.timedelta(minutes=minutes)
        try:
            unauthorised(moved.list_state_machines, "InvalidSignatureException", "RequestExpired")
        finally:
            botocore.auth.get_current_datetime = now
        moved.list_state_machines()


@check
def without_a_signature_nothing_is_answered():
    unauthorised(
        client(signature_version=UNSIGNED).list_state_machines,
        "MissingAuthenticationTokenException",
        "MissingAuthenticationToken",
    )


@check
def what_was_signed_is_what_is_done():
    tampered = client()

    def alter(request, **_):
        request.body = request.body.replace(b"first", b"other") if isinstance(request.body, bytes) else request.body

    tampered.meta.events.register("before-send.sfn.CreateActivity", alter)
    name = unique("first")
    unauthorised(tampered.create_activity, "InvalidSignatureException", name=name)
    retargeted = client()

    def retarget(request, **_):
        request.headers["X-Amz-Target"] = "AWSStepFunctions.DeleteActivity"

    retargeted.meta.events.register("before-send.sfn.DescribeActivity", retarget)
    arn = SFN.create_activity(name=name)["activityArn"]
    unauthorised(retargeted.describe_activity, "InvalidSignatureException", activityArn=arn)
    same(SFN.describe_activity(activityArn=arn)["name"], name)


@check
def a_session_token_is_none_of_ours():
    with_token = elsewhere(aws_session_token="token")
    unauthorised(with_token.list_state_machines, "UnrecognizedClientException", "InvalidClientTokenId")


@check
def any_region_is_this_one():
    elsewhere(region_name="eu-central-1").list_state_machines()


@check
def a_key_is_made_used_and_taken_back():
    status, _, made = http("POST", "/v1/access-keys", "ada", {"label": "for a minute"})
    same(status, 201, made)
    key, secret = made["id"], made["secret"]
    assert len(key) == 20 and key.startswith("AKIA") and len(secret) == 40, made
    short = client_with(key, secret)
    short.list_state_machines()
    status, _, listed = http("GET", "/v1/access-keys", "ada")
    same(status, 200, listed)
    assert key in json.dumps(listed) and secret not in json.dumps(listed), "a secret is shown once"
    status, _, others = http("GET", "/v1/access-keys", "eve")
    assert status == 200 and key not in json.dumps(others), others
    status, _, _ = http("DELETE", f"/v1/access-keys/{key}", "eve")
    same(status, 404)
    short.list_state_machines()
    status, _, _ = http("DELETE", f"/v1/access-keys/{key}", "ada")
    assert status in (200, 204), status

    def refused_now():
        try:
            short.list_state_machines()
        except ClientError as raised:
            return raised.response["Error"]["Code"]

    # Processes that know a key believe in it for a few seconds.
    same(eventually("it is refused", refused_now), "UnrecognizedClientException")


@check
def a_bearer_token_does_as_well():
    status, headers, said = http(
        "POST",
        "/v1/states",
        "ada",
        raw=b"{}",
        headers={**JSON_1_0, "x-amz-target": "AWSStepFunctions.ListStateMachines"},
    )
    same(status, 200, said)
    assert headers["content-type"] == "application/x-amz-json-1.0" and headers["x-amzn-requestid"], dict(headers)


@check
def what_is_no_request_is_said_so():
    def send(target, raw=b"{}", person="ada", headers=JSON_1_0):
        return http(
            "POST", "/v1/states", person, raw=raw, headers={**headers, **({"x-amz-target": target} if target else {})}
        )

    for target in ("AWSStepFunctions.MakeCoffee", "Nonsense", ""):
        status, _, said = send(target)
        same((status, said["__type"].split("#")[-1]), (400, "UnknownOperationException"), said)
    for raw in (b"{", b"[]", b'"x"', b"\xff"):
        status, _, said = send("AWSStepFunctions.ListStateMachines", raw)
        same(status, 400, said)
        assert said["__type"].split("#")[-1] in ("SerializationException", "ValidationException"), said
    status, _, said = send("AWSStepFunctions.ListStateMachines", b'{"maxResults": "many"}')
    same(status, 400, said)
    status, _, said = send("AWSStepFunctions.ListStateMachines", person=None)
    assert status in (400, 401, 403) and "__type" in said, said


@check
def definitions_are_changed_by_those_who_may():
    ben = client("ben")
    arn = machine(PASS)
    denied = lambda call, **arguments: refused("AccessDeniedException", call, **arguments)
    denied(ben.create_state_machine, name=unique("ben"), definition=PASS, roleArn=ROLE)
    denied(ben.update_state_machine, stateMachineArn=arn, definition=define({"Only": {"Type": "Succeed"}}))
    denied(ben.delete_state_machine, stateMachineArn=arn)
    denied(ben.publish_state_machine_version, stateMachineArn=arn)
    denied(ben.create_activity, name=unique("ben"))
    denied(ben.tag_resource, resourceArn=arn, tags=[{"key": "a", "value": "b"}])
    same(SFN.describe_state_machine(stateMachineArn=arn)["definition"], PASS)
    # What he starts he sees; what others start he does not.
    his = start(arn, sfn=ben)
    ended(his, sfn=ben)
    ended(his)
    hers = start(arn)
    ended(hers)
    for call in (ben.describe_execution, ben.get_execution_history, ben.stop_execution, ben.redrive_execution):
        unauthorised(call, "AccessDeniedException", "ExecutionDoesNotExist", executionArn=hers)
    listed = [each["executionArn"] for each in ben.list_executions(stateMachineArn=arn)["executions"]]
    same(listed, [his])
    assert len(history(his, sfn=ben)) == 4


@check
def every_operation_is_called_by_one_of_these_scripts():
    folder = pathlib.Path(__file__).parent
    text = "".join(path.read_text() for path in folder.glob("workflow_*.py"))
    calls = set(re.findall(r"(?:SFN|CARELESS|ben|sfn)\.(\w+)", text)) | set(re.findall(r'get_paginator\("(\w+)"', text))
    same(sorted(set(SFN.meta.method_to_api_mapping) - calls), [])


run()
