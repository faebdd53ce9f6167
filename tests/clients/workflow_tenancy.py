"""Stock boto3 and another tenant: eve is an administrator of hers and knows every ARN and every token of ada's; it helps
her in no operation, and what is ada's is afterwards as it was."""

import json

from botocore.exceptions import ClientError
from workflow_under_test import (
    PASS,
    ROLE,
    SFN,
    check,
    client,
    define,
    eventually,
    http,
    machine,
    result,
    run,
    same,
    start,
    unique,
    waits_for,
)

EVE = client("eve")
NOT_THERE = {
    "StateMachineDoesNotExist",
    "ExecutionDoesNotExist",
    "ActivityDoesNotExist",
    "ResourceNotFound",
    "TaskDoesNotExist",
    "TaskTimedOut",
    "InvalidToken",
    "InvalidArn",
}


class Hers:
    """One of everything, of ada's."""

    def __init__(self):
        self.name = unique("secret")
        made = SFN.create_state_machine(
            name=self.name, definition=PASS, roleArn=ROLE, tags=[{"key": "a", "value": "b"}]
        )
        self.machine = made["stateMachineArn"]
        self.version = SFN.publish_state_machine_version(stateMachineArn=self.machine)["stateMachineVersionArn"]
        route = [{"stateMachineVersionArn": self.version, "weight": 100}]
        self.alias = SFN.create_state_machine_alias(name="PROD", routingConfiguration=route)["stateMachineAliasArn"]
        self.activity_name = unique("activity")
        self.activity = SFN.create_activity(name=self.activity_name)["activityArn"]
        polled = machine(define({"Work": {"Type": "Task", "Resource": self.activity}}))
        self.polled = start(polled)
        waits_for(self.polled, "ActivityScheduled")
        every = {
            "Type": "Map",
            "Label": "Every",
            "ItemsPath": "$.items",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Long",
                "States": {"Long": {"Type": "Wait", "Seconds": 600, "End": True}},
            },
        }
        self.execution = start(machine(define({"Every": every})), {"items": [1]})
        self.run = eventually("a run", lambda: SFN.list_map_runs(executionArn=self.execution)["mapRuns"])[0][
            "mapRunArn"
        ]
        self.child = eventually("a child", lambda: SFN.list_executions(mapRunArn=self.run)["executions"])[0][
            "executionArn"
        ]
        fails = start(machine(define({"No": {"Type": "Fail"}})))
        self.failed = eventually("it fails", lambda: fails if status(fails) == "FAILED" else None)
        worked = machine(
            define({"Work": {"Type": "Task", "Resource": SFN.create_activity(name=unique("a"))["activityArn"]}})
        )
        other = json.loads(SFN.describe_state_machine(stateMachineArn=worked)["definition"])["States"]["Work"][
            "Resource"
        ]
        self.waiting = start(worked)
        self.token = SFN.get_activity_task(activityArn=other)["taskToken"]
        assert self.token

    def seen(self):
        """All of it, as ada sees it."""
        bare = lambda answer: {key: value for key, value in answer.items() if key != "ResponseMetadata"}
        return [
            bare(SFN.describe_state_machine(stateMachineArn=self.machine)),
            bare(SFN.describe_state_machine_alias(stateMachineAliasArn=self.alias)),
            bare(SFN.list_state_machine_versions(stateMachineArn=self.machine)),
            bare(SFN.list_tags_for_resource(resourceArn=self.machine)),
            bare(SFN.list_executions(stateMachineArn=self.machine)),
            bare(SFN.describe_activity(activityArn=self.activity)),
            bare(SFN.describe_map_run(mapRunArn=self.run)),
            [
                (bare(SFN.describe_execution(executionArn=arn)), bare(SFN.get_execution_history(executionArn=arn)))
                for arn in (self.execution, self.child, self.failed, self.waiting, self.polled)
            ],
        ]


def status(arn):
    return SFN.describe_execution(executionArn=arn)["status"]


@check
def no_operation_crosses_from_tenant_to_tenant():
    hers = Hers()
    before = hers.seen()
    route = [{"stateMachineVersionArn": hers.version, "weight": 100}]
    tag = [{"key": "stolen", "value": "yes"}]
    # Every operation that names something, with the name of something of ada's. None: idempotent, and says nothing.
    tries = [
        (
            "create_state_machine_alias",
            {"name": "MINE", "routingConfiguration": route},
            NOT_THERE | {"ValidationException"},
        ),
        ("delete_activity", {"activityArn": hers.activity}, None),
        ("delete_state_machine", {"stateMachineArn": hers.machine}, None),
        ("delete_state_machine_alias", {"stateMachineAliasArn": hers.alias}, NOT_THERE),
        ("delete_state_machine_version", {"stateMachineVersionArn": hers.version}, None),
        ("describe_activity", {"activityArn": hers.activity}, NOT_THERE),
        ("describe_map_run", {"mapRunArn": hers.run}, NOT_THERE),
        ("describe_state_machine", {"stateMachineArn": hers.machine}, NOT_THERE),
        ("describe_state_machine", {"stateMachineArn": hers.version}, NOT_THERE),
        ("describe_state_machine_alias", {"stateMachineAliasArn": hers.alias}, NOT_THERE),
        ("get_activity_task", {"activityArn": hers.activity}, NOT_THERE),
        ("list_executions", {"stateMachineArn": hers.machine}, NOT_THERE),
        ("list_executions", {"mapRunArn": hers.run}, NOT_THERE),
        ("list_state_machine_aliases", {"stateMachineArn": hers.machine}, NOT_THERE),
        ("list_state_machine_versions", {"stateMachineArn": hers.machine}, None),
        ("list_tags_for_resource", {"resourceArn": hers.machine}, NOT_THERE),
        ("publish_state_machine_version", {"stateMachineArn": hers.machine}, NOT_THERE),
        ("send_task_failure", {"taskToken": hers.token}, NOT_THERE),
        ("send_task_heartbeat", {"taskToken": hers.token}, NOT_THERE),
        ("send_task_success", {"taskToken": hers.token, "output": "{}"}, NOT_THERE),
        ("start_execution", {"stateMachineArn": hers.machine}, NOT_THERE),
        ("start_execution", {"stateMachineArn": hers.version}, NOT_THERE),
        ("start_execution", {"stateMachineArn": hers.alias}, NOT_THERE),
        ("start_sync_execution", {"stateMachineArn": hers.machine}, NOT_THERE),
        ("tag_resource", {"resourceArn": hers.machine, "tags": tag}, NOT_THERE),
        ("tag_resource", {"resourceArn": hers.activity, "tags": tag}, NOT_THERE),
        ("untag_resource", {"resourceArn": hers.machine, "tagKeys": ["a"]}, NOT_THERE),
        ("update_map_run", {"mapRunArn": hers.run, "maxConcurrency": 1}, NOT_THERE),
        ("update_state_machine", {"stateMachineArn": hers.machine, "definition": PASS}, NOT_THERE),
        ("update_state_machine_alias", {"stateMachineAliasArn": hers.alias, "description": "x"}, NOT_THERE),
    ]
    for arn in (hers.execution, hers.child, hers.failed, hers.waiting):
        for call in (
            "describe_execution",
            "describe_state_machine_for_execution",
            "get_execution_history",
            "list_map_runs",
            "redrive_execution",
            "stop_execution",
        ):
            tries.append((call, {"executionArn": arn}, NOT_THERE))
    for call, arguments, codes in tries:
        try:
            answer = getattr(EVE, call)(**arguments)
        except ClientError as raised:
            code = raised.response["Error"]["Code"]
            assert code in (codes or NOT_THERE | {"ValidationException"}), f"{call}: {raised}"
            assert "secret" not in raised.response["Error"]["Message"].replace(hers.name, ""), raised
            continue
        assert codes is None, f"{call} with {arguments} was answered: {answer}"
        answer.pop("ResponseMetadata")
        assert not any(answer.values()), f"{call} told something: {answer}"
    same(hers.seen(), before)
    for execution in (hers.execution, hers.waiting, hers.polled):
        same(status(execution), "RUNNING")
    SFN.send_task_success(taskToken=hers.token, output='"hers"')
    same(result(hers.waiting), "hers")
    SFN.stop_execution(executionArn=hers.execution)
    SFN.stop_execution(executionArn=hers.polled)


@check
def lists_show_ones_own():
    name = unique("mine")
    arn = SFN.create_state_machine(name=name, definition=define({"Soon": {"Type": "Wait", "Seconds": 2}}), roleArn=ROLE)
    arn = arn["stateMachineArn"]
    SFN.create_activity(name=name)
    execution = start(arn)
    listed = json.dumps(
        [page for kind in ("list_state_machines", "list_activities") for page in EVE.get_paginator(kind).paginate()],
        default=str,
    )
    assert name not in listed
    for path in (
        "/v1/executions",
        f"/v1/executions?machine={arn}",
        "/v1/executions/dead",
        "/v1/access-keys",
        "/v1/workflow-connections",
    ):
        code, _, said = http("GET", path, "eve")
        assert execution not in json.dumps(said) and (code < 300 or code in (400, 403, 404)), (path, code, said)
    code, _, said = http("POST", "/v1/executions/actions", "eve", {"action": "stop", "arns": [execution]})
    assert code in (200, 207, 400, 403, 404), (code, said)
    same(result(execution), {})


@check
def the_same_name_is_another_thing():
    name = unique("same")
    mine = SFN.create_state_machine(
        name=name, definition=define({"Only": {"Type": "Pass", "Result": "ada"}}), roleArn=ROLE
    )
    theirs = EVE.create_state_machine(
        name=name, definition=define({"Only": {"Type": "Pass", "Result": "eve"}}), roleArn=ROLE
    )
    assert mine["stateMachineArn"] != theirs["stateMachineArn"], "tenants have numbers of their own in their ARNs"
    same(result(start(mine["stateMachineArn"], name="n")), "ada")
    same(result(start(theirs["stateMachineArn"], sfn=EVE, name="n"), sfn=EVE), "eve")
    # Whoever puts another's number into an ARN gets no more than with their own.
    EVE.delete_state_machine(stateMachineArn=theirs["stateMachineArn"])
    same(SFN.describe_state_machine(stateMachineArn=mine["stateMachineArn"])["status"], "ACTIVE")


@check
def what_starts_inside_does_not_cross_either():
    """A definition of eve's that names ada's machine, activity or file."""
    child = machine(define({"Only": {"Type": "Pass", "Result": "of ada"}}))
    starts = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": child},
    }
    execution = start(machine(define({"Child": starts}), sfn=EVE), sfn=EVE)
    ends_badly(execution)
    same(SFN.list_executions(stateMachineArn=child)["executions"], [])

    bucket = unique("bucket")
    code, _, _ = http("PUT", f"/v1/workflow-files/{bucket}?key=list.json", "ada", raw=b'["of ada"]')
    assert code in (200, 201, 204), code
    code, _, _ = http("GET", f"/v1/workflow-files/{bucket}?key=list.json", "eve")
    same(code, 404)
    for key in ("list.json", "../list.json", f"../../acme/workflow/{bucket}/list.json"):
        reads = {
            "Type": "Map",
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": {"InputType": "JSON"},
                "Parameters": {"Bucket": bucket, "Key": key},
            },
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "P",
                "States": {"P": {"Type": "Pass", "End": True}},
            },
        }
        same(ends_badly(start(machine(define({"Read": reads}), sfn=EVE), sfn=EVE))["error"], "States.ItemReaderFailed")

    activity = SFN.create_activity(name=unique("ada"))["activityArn"]
    try:
        waiting = start(machine(define({"Work": {"Type": "Task", "Resource": activity}}), sfn=EVE), sfn=EVE)
    except ClientError as raised:
        same(raised.response["Error"]["Code"], "InvalidDefinition")
    else:
        # Nobody of ada's is given eve's work.
        quick = client(read_timeout=3, connect_timeout=3)
        try:
            got = quick.get_activity_task(activityArn=activity)
        except Exception:
            got = {}
        assert not got.get("taskToken"), got
        if EVE.describe_execution(executionArn=waiting)["status"] == "RUNNING":
            EVE.stop_execution(executionArn=waiting)


def ends_badly(execution):
    def ask():
        described = EVE.describe_execution(executionArn=execution)
        return described if described["status"] != "RUNNING" else None

    described = eventually(f"{execution} ends", ask)
    same(described["status"], "FAILED", described)
    assert "of ada" not in json.dumps(described, default=str), described
    return described


@check
def a_connection_is_its_tenants():
    name = unique("api")
    code, _, made = http(
        "PUT",
        f"/v1/workflow-connections/{name}",
        "ada",
        {"header": "Authorization", "value": "Bearer of-ada", "hosts": ["api.example.com"]},
    )
    assert code in (200, 201, 204), (code, made)
    code, _, listed = http("GET", "/v1/workflow-connections", "ada")
    same(code, 200)
    assert "of-ada" not in json.dumps([made, listed]), "a value is never shown"
    arn = next(each["arn"] for each in listed["connections"] if each["name"] == name)
    code, _, said = http("DELETE", f"/v1/workflow-connections/{name}", "eve")
    assert code in (204, 404), (code, said)
    asks = {
        "Type": "Task",
        "Resource": "arn:aws:states:::http:invoke",
        "Parameters": {
            "ApiEndpoint": "https://api.example.com/",
            "Method": "GET",
            "Authentication": {"ConnectionArn": arn},
        },
        "TimeoutSeconds": 20,
    }
    ends_badly(start(machine(define({"Ask": asks}), sfn=EVE), sfn=EVE))
    code, _, listed = http("GET", "/v1/workflow-connections", "ada")
    assert name in json.dumps(listed)
    http("DELETE", f"/v1/workflow-connections/{name}", "ada")


run()
