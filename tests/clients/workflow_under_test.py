"""The workflow API that stock boto3 judges: clients for each person, state machines, and how they end.

argv[1] is JSON, as `tests/workflow/clients.rs` writes it: `url` (no path), `keys` (access key and secret by person: `ada`
may change definitions, `ben` of the same tenant may not, `eve` may, in another tenant), `tokens` (the same people's bearer
tokens), `function` (the ARN of a function that does what it is asked, `tests/src/bin/effects.rs`).
"""

import json
import time
import urllib.error
import urllib.request
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from checks import SETTINGS, check, check_each, raises, run, same

__all__ = ["check", "check_each", "raises", "run", "same"]

URL, KEYS, TOKENS, FUNCTION = (SETTINGS[name] for name in ("url", "keys", "tokens", "function"))
ROLE = "arn:aws:iam::123456789012:role/any"
# How long something that happens by itself may take on a busy machine.
WITHIN_S = 30


def client(person="ada", **options):
    """A client of this person. `sync-` before an address helps nobody: the SDK is told not to."""
    key, secret = KEYS[person]
    return client_with(key, secret, **options)


def client_with(key, secret, **options):
    options = {"inject_host_prefix": False, "retries": {"max_attempts": 0}, "read_timeout": 70, **options}
    return boto3.client(
        "stepfunctions",
        endpoint_url=f"{URL}/v1/states",
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(**options),
    )


SFN = client()
# Lets through what the SDK itself would refuse.
CARELESS = client(parameter_validation=False)


def unique(name):
    return f"{name}-{uuid.uuid4().hex[:12]}"


def define(states, start=None, **fields):
    """A definition as text: `states` in order; a state without a transition goes to the next one, the last one ends."""
    names = list(states)
    for name, following in zip(names, names[1:] + [None]):
        state = states[name]
        if state["Type"] in ("Choice", "Succeed", "Fail") or "Next" in state or "End" in state:
            continue
        state.update({"Next": following} if following else {"End": True})
    return json.dumps({"StartAt": start or names[0], "States": states, **fields})


PASS = define({"Only": {"Type": "Pass"}})


def machine(definition, name="machine", sfn=SFN, **options):
    """A new state machine's ARN."""
    if not isinstance(definition, str):
        definition = define(definition)
    made = sfn.create_state_machine(name=unique(name), definition=definition, roleArn=ROLE, **options)
    return made["stateMachineArn"]


def start(arn, given=None, sfn=SFN, **options):
    return sfn.start_execution(stateMachineArn=arn, input=json.dumps(given or {}), **options)["executionArn"]


def eventually(what, ask):
    """The first answer of `ask` that is true."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {WITHIN_S} s: {what}"
        time.sleep(0.05)


def settled():
    """Waits for as long as a process may still believe what another one has changed."""
    time.sleep(0.2)


def ended(arn, status="SUCCEEDED", sfn=SFN):
    """The description of an execution once it has ended, which it must do so."""

    def ask():
        described = sfn.describe_execution(executionArn=arn)
        return described if described["status"] not in ("RUNNING", "PENDING_REDRIVE") else None

    try:
        described = eventually(f"{arn} ends", ask)
    except AssertionError as late:
        raise AssertionError(f"{late}: {[(event['id'], event['type']) for event in history(arn, sfn)][-12:]}") from late
    same(described["status"], status, described)
    return described


def result(arn, sfn=SFN):
    """The output of an execution that must succeed."""
    return json.loads(ended(arn, sfn=sfn)["output"])


def history(arn, sfn=SFN, **options):
    """All events, page by page."""
    pages = sfn.get_paginator("get_execution_history").paginate(executionArn=arn, **options)
    return [event for page in pages for event in page["events"]]


def types(arn, sfn=SFN):
    return [event["type"] for event in history(arn, sfn=sfn)]


def waits_for(arn, kind, sfn=SFN):
    """The first event of a type, once it is there."""
    return eventually(
        f"{kind} of {arn}", lambda: next((event for event in history(arn, sfn=sfn) if event["type"] == kind), None)
    )


def refused(code, call, **arguments):
    """The error of this code that `call` must raise: as the client's own exception class where its model has one."""
    modelled = call.__self__.exceptions
    kind = getattr(modelled, code, None) if code in dir(modelled) else ClientError
    raised = raises(kind, call, **arguments)
    same(raised.response["Error"]["Code"], code, raised)
    same(raised.response["ResponseMetadata"]["HTTPStatusCode"], 400, raised)
    assert raised.response["ResponseMetadata"]["RequestId"], raised.response
    assert raised.response["Error"]["Message"], raised.response
    return raised


def http(method, path, person=None, body=None, headers=(), raw=None):
    """The platform's own API, which no SDK knows: status, headers, JSON; never raises for a status."""
    data = raw if raw is not None else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{URL}{path}", data=data, method=method, headers=dict(headers))
    if person:
        request.add_header("authorization", f"Bearer {TOKENS[person]}")
    if data is not None and not request.has_header("Content-type"):
        request.add_header("content-type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.headers, read(response)
    except urllib.error.HTTPError as error:
        return error.code, error.headers, read(error)


def read(response):
    text = response.read()
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def task(payload, **fields):
    """A task that asks the test function for something; `payload` in JSONPath's notation."""
    return {"Type": "Task", "Resource": FUNCTION, "Parameters": payload, **fields}
