"""Stock boto3 and the catalogue: state machines, versions, aliases, tags, activities, and checks of definitions."""

import collections
import datetime
import json

from workflow_under_test import (
    CARELESS,
    PASS,
    ROLE,
    SFN,
    check,
    define,
    ended,
    eventually,
    machine,
    refused,
    result,
    run,
    same,
    settled,
    start,
    unique,
)

MISSING = "MISSING_TRANSITION_TARGET"
WRONG = define({"Only": {"Type": "Pass", "Next": "Nowhere"}})


def answering(value):
    return define({"Only": {"Type": "Pass", "Result": value}})


@check
def a_machine_is_created_described_listed_updated_and_deleted():
    name = unique("life")
    made = SFN.create_state_machine(name=name, definition=PASS, roleArn=ROLE, type="STANDARD")
    arn = made["stateMachineArn"]
    assert arn.endswith(f":stateMachine:{name}"), arn
    age = datetime.datetime.now(datetime.timezone.utc) - made["creationDate"]
    assert abs(age.total_seconds()) < 60, made["creationDate"]
    assert "stateMachineVersionArn" not in made, made

    described = SFN.describe_state_machine(stateMachineArn=arn)
    same(described["definition"], PASS)
    same((described["name"], described["status"], described["type"]), (name, "ACTIVE", "STANDARD"))
    same((described["roleArn"], described["creationDate"]), (ROLE, made["creationDate"]))
    same(described["loggingConfiguration"], {"level": "OFF", "includeExecutionData": False})
    same(described["tracingConfiguration"], {"enabled": False})

    listed = [
        listed
        for page in SFN.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 3})
        for listed in page["stateMachines"]
    ]
    assert len(listed) == len({each["stateMachineArn"] for each in listed}), "a page repeats another"
    found = next(each for each in listed if each["stateMachineArn"] == arn)
    same((found["name"], found["type"], found["creationDate"]), (name, "STANDARD", made["creationDate"]))

    changed = SFN.update_state_machine(stateMachineArn=arn, definition=answering(2))
    assert changed["updateDate"] >= made["creationDate"] and changed["revisionId"], changed
    described = SFN.describe_state_machine(stateMachineArn=arn)
    same((described["definition"], described["revisionId"]), (answering(2), changed["revisionId"]))
    settled()
    same(result(start(arn)), 2)

    SFN.delete_state_machine(stateMachineArn=arn)
    eventually(
        "it is gone",
        lambda: arn not in [each["stateMachineArn"] for each in SFN.list_state_machines()["stateMachines"]],
    )
    refused("StateMachineDoesNotExist", SFN.describe_state_machine, stateMachineArn=arn)
    refused("StateMachineDoesNotExist", SFN.update_state_machine, stateMachineArn=arn, definition=PASS)
    settled()
    refused("StateMachineDoesNotExist", SFN.start_execution, stateMachineArn=arn)
    # Deleting is idempotent.
    SFN.delete_state_machine(stateMachineArn=arn)


@check
def creating_again_is_the_same_or_refused():
    name = unique("twice")
    made = SFN.create_state_machine(name=name, definition=PASS, roleArn=ROLE)
    again = SFN.create_state_machine(name=name, definition=PASS, roleArn=ROLE)
    same((again["stateMachineArn"], again["creationDate"]), (made["stateMachineArn"], made["creationDate"]))
    raised = refused(
        "StateMachineAlreadyExists", SFN.create_state_machine, name=name, definition=answering(1), roleArn=ROLE
    )
    same(raised.response["Error"]["Message"], f"State Machine Already Exists: '{made['stateMachineArn']}'")
    refused(
        "StateMachineAlreadyExists", SFN.create_state_machine, name=name, definition=PASS, roleArn=ROLE, type="EXPRESS"
    )


@check
def what_is_wrong_with_a_machine_is_said():
    raised = refused(
        "InvalidDefinition", SFN.create_state_machine, name=unique("wrong"), definition=WRONG, roleArn=ROLE
    )
    message = raised.response["Error"]["Message"]
    same(message, f"Invalid State Machine Definition: '{MISSING}: Missing 'Next' target: Nowhere at /States/Only/Next'")
    nameless = define({"Only": {"Type": "Dance"}})
    raised = refused(
        "InvalidDefinition", SFN.create_state_machine, name=unique("wrong"), definition=nameless, roleArn=ROLE
    )
    assert "SCHEMA_VALIDATION_FAILED: " in raised.response["Error"]["Message"], raised
    refused("InvalidDefinition", SFN.create_state_machine, name=unique("wrong"), definition="{", roleArn=ROLE)
    refused("InvalidName", SFN.create_state_machine, name="with blanks", definition=PASS, roleArn=ROLE)
    refused("InvalidArn", SFN.create_state_machine, name=unique("wrong"), definition=PASS, roleArn="nobody")
    arn = machine(PASS)
    refused("MissingRequiredParameter", SFN.update_state_machine, stateMachineArn=arn)
    refused("InvalidDefinition", SFN.update_state_machine, stateMachineArn=arn, definition=WRONG)
    raised = refused("InvalidArn", SFN.describe_state_machine, stateMachineArn="not_a_valid_arn")
    same(raised.response["Error"]["Message"], "Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'")
    for call in (SFN.update_state_machine, SFN.delete_state_machine, SFN.list_state_machine_versions):
        arguments = {"definition": PASS} if call == SFN.update_state_machine else {}
        refused("InvalidArn", call, stateMachineArn="not_a_valid_arn", **arguments)
    refused("InvalidToken", SFN.list_state_machines, nextToken="invented")


@check
def what_is_missing_is_named():
    """What the SDK would not send is refused by the service too."""
    for call, arguments, missing in [
        (CARELESS.create_state_machine, {"name": unique("none"), "roleArn": ROLE}, "definition"),
        (CARELESS.create_state_machine, {"name": unique("none"), "definition": PASS}, "roleArn"),
        (CARELESS.describe_state_machine, {}, "stateMachineArn"),
        (CARELESS.start_execution, {}, "stateMachineArn"),
        (CARELESS.list_executions, {"stateMachineArn": machine(PASS), "maxResults": 1001}, "maxResults"),
    ]:
        raised = refused("ValidationException", call, **arguments)
        assert missing in raised.response["Error"]["Message"], raised


@check
def versions_are_published_listed_started_and_deleted():
    arn = machine(answering(1), publish=False)
    first = SFN.publish_state_machine_version(stateMachineArn=arn, description="the first")["stateMachineVersionArn"]
    same(first, f"{arn}:1")
    # Publishing what has not changed is the same version.
    same(SFN.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"], first)
    changed = SFN.update_state_machine(
        stateMachineArn=arn, definition=answering(2), publish=True, versionDescription="two"
    )
    same(changed["stateMachineVersionArn"], f"{arn}:2")
    SFN.update_state_machine(stateMachineArn=arn, definition=answering(3))
    raised = refused(
        "ConflictException", SFN.publish_state_machine_version, stateMachineArn=arn, revisionId=changed["revisionId"]
    )
    assert raised.response["Error"]["Message"], raised
    third = SFN.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
    listed = SFN.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
    same([each["stateMachineVersionArn"] for each in listed], [third, f"{arn}:2", first])
    page = SFN.list_state_machine_versions(stateMachineArn=arn, maxResults=2)
    same(len(page["stateMachineVersions"]), 2)
    rest = SFN.list_state_machine_versions(stateMachineArn=arn, nextToken=page["nextToken"])["stateMachineVersions"]
    same([each["stateMachineVersionArn"] for each in rest], [first])

    described = SFN.describe_state_machine(stateMachineArn=first)
    same((described["definition"], described["description"]), (answering(1), "the first"))
    settled()
    for version, value in ((first, 1), (f"{arn}:2", 2), (arn, 3)):
        execution = start(version)
        same(result(execution), value)
        named = SFN.describe_execution(executionArn=execution)
        same(named["stateMachineArn"], arn)
        same(named.get("stateMachineVersionArn"), None if version == arn else version)
    same(len(SFN.list_executions(stateMachineArn=first)["executions"]), 1)

    SFN.delete_state_machine_version(stateMachineVersionArn=f"{arn}:2")
    listed = SFN.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
    same([each["stateMachineVersionArn"] for each in listed], [third, first])
    settled()
    refused("StateMachineDoesNotExist", SFN.start_execution, stateMachineArn=f"{arn}:2")
    # A number is not given twice.
    SFN.update_state_machine(stateMachineArn=arn, definition=answering(4))
    same(SFN.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"], f"{arn}:4")
    made = SFN.create_state_machine(name=unique("published"), definition=PASS, roleArn=ROLE, publish=True)
    same(made["stateMachineVersionArn"], f"{made['stateMachineArn']}:1")


@check
def an_alias_shares_its_starts_out_by_weight():
    arn = machine(answering("one"))
    one = SFN.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
    two = SFN.update_state_machine(stateMachineArn=arn, definition=answering("two"), publish=True)[
        "stateMachineVersionArn"
    ]
    route = lambda *weights: [
        {"stateMachineVersionArn": version, "weight": weight} for version, weight in zip((one, two), weights)
    ]
    made = SFN.create_state_machine_alias(name="PROD", description="all", routingConfiguration=route(50, 50))
    alias = made["stateMachineAliasArn"]
    same(alias, f"{arn}:PROD")
    described = SFN.describe_state_machine_alias(stateMachineAliasArn=alias)
    same((described["name"], described["description"]), ("PROD", "all"))
    same(described["routingConfiguration"], route(50, 50))
    same(
        [
            each["stateMachineAliasArn"]
            for each in SFN.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"]
        ],
        [alias],
    )

    # 40 fair throws are all the same once in 10^11 runs.
    started = [start(alias) for _ in range(40)]
    chosen = collections.Counter()
    for execution in started:
        described = ended(execution)
        same(described["stateMachineAliasArn"], alias)
        same(described["stateMachineVersionArn"], one if described["output"] == '"one"' else two)
        chosen[described["output"]] += 1
    same(set(chosen), {'"one"', '"two"'}, chosen)
    same(len(SFN.list_executions(stateMachineArn=alias, maxResults=100)["executions"]), 40)

    SFN.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=route(0, 100))
    settled()
    same({result(start(alias)) for _ in range(10)}, {"two"})

    refused("ValidationException", SFN.create_state_machine_alias, name="HALF", routingConfiguration=route(50, 49))
    refused("ConflictException", SFN.create_state_machine_alias, name="PROD", routingConfiguration=route(100))
    refused("ConflictException", SFN.delete_state_machine_version, stateMachineVersionArn=two)
    refused(
        "ResourceNotFound",
        SFN.create_state_machine_alias,
        name="NONE",
        routingConfiguration=[{"stateMachineVersionArn": f"{arn}:9", "weight": 100}],
    )
    SFN.delete_state_machine_alias(stateMachineAliasArn=alias)
    refused("ResourceNotFound", SFN.describe_state_machine_alias, stateMachineAliasArn=alias)
    refused("ResourceNotFound", SFN.update_state_machine_alias, stateMachineAliasArn=alias, description="gone")
    settled()
    refused("StateMachineDoesNotExist", SFN.start_execution, stateMachineArn=alias)
    SFN.delete_state_machine_version(stateMachineVersionArn=two)


@check
def tags_are_kept():
    tags = lambda arn: {tag["key"]: tag["value"] for tag in SFN.list_tags_for_resource(resourceArn=arn)["tags"]}
    arn = machine(PASS, tags=[{"key": "team", "value": "mail"}])
    same(tags(arn), {"team": "mail"})
    SFN.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "post"}, {"key": "cost", "value": ""}])
    same(tags(arn), {"team": "post", "cost": ""})
    SFN.untag_resource(resourceArn=arn, tagKeys=["team", "never there"])
    same(tags(arn), {"cost": ""})
    many = [{"key": f"key-{number}", "value": "x"} for number in range(51)]
    refused("TooManyTags", SFN.tag_resource, resourceArn=arn, tags=many)
    same(tags(arn), {"cost": ""})
    activity = SFN.create_activity(name=unique("tagged"), tags=[{"key": "a", "value": "b"}])["activityArn"]
    same(tags(activity), {"a": "b"})
    for call, arguments in [
        (SFN.list_tags_for_resource, {}),
        (SFN.tag_resource, {"tags": [{"key": "a", "value": "b"}]}),
        (SFN.untag_resource, {"tagKeys": ["a"]}),
    ]:
        refused("ResourceNotFound", call, resourceArn=arn + "-none", **arguments)
        refused("InvalidArn", call, resourceArn="nothing", **arguments)


@check
def activities_are_created_described_listed_and_deleted():
    names = sorted(unique("worker") for _ in range(5))
    made = [SFN.create_activity(name=name) for name in names]
    again = SFN.create_activity(name=names[0])
    same((again["activityArn"], again["creationDate"]), (made[0]["activityArn"], made[0]["creationDate"]))
    described = SFN.describe_activity(activityArn=made[0]["activityArn"])
    same((described["name"], described["creationDate"]), (names[0], made[0]["creationDate"]))
    pages = SFN.get_paginator("list_activities").paginate(PaginationConfig={"PageSize": 2})
    listed = [activity["name"] for page in pages for activity in page["activities"]]
    assert len(listed) == len(set(listed)) and set(names) <= set(listed), listed
    SFN.delete_activity(activityArn=made[0]["activityArn"])
    SFN.delete_activity(activityArn=made[0]["activityArn"])
    refused("ActivityDoesNotExist", SFN.describe_activity, activityArn=made[0]["activityArn"])
    refused("ActivityDoesNotExist", SFN.get_activity_task, activityArn=made[0]["activityArn"])
    refused("InvalidName", SFN.create_activity, name="with blanks")
    refused("InvalidArn", SFN.describe_activity, activityArn="nothing")
    refused("InvalidArn", SFN.delete_activity, activityArn="nothing")
    refused("InvalidToken", SFN.list_activities, nextToken="invented")


@check
def definitions_are_checked_without_being_created():
    good = SFN.validate_state_machine_definition(definition=PASS)
    same((good["result"], good["diagnostics"]), ("OK", []))
    bad = SFN.validate_state_machine_definition(definition=WRONG, type="STANDARD")
    same(bad["result"], "FAIL")
    found = bad["diagnostics"][0]
    same(
        (found["severity"], found["code"], found["location"]),
        ("ERROR", MISSING, "/States/Only/Next"),
    )
    assert found["message"], found
    same(SFN.validate_state_machine_definition(definition="{")["diagnostics"][0]["code"], "INVALID_JSON_DESCRIPTION")
    states = {f"State{number}": {"Type": "Pass", "Next": "Nowhere"} for number in range(5)}
    some = SFN.validate_state_machine_definition(
        definition=json.dumps({"StartAt": "State0", "States": states}), maxResults=2
    )
    same((len(some["diagnostics"]), some["truncated"]), (2, True))
    callback = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "f"},
    }
    express = SFN.validate_state_machine_definition(definition=define({"Ask": callback}), type="EXPRESS")
    same(express["result"], "FAIL")


run()
