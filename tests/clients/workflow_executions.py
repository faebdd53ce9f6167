"""Stock boto3 and executions: started, described, listed, stopped, redriven, timed out, tried out state by state."""

import datetime
import json
import threading

from workflow_under_test import (
    PASS,
    ROLE,
    SFN,
    check,
    define,
    ended,
    history,
    http,
    machine,
    refused,
    result,
    run,
    same,
    settled,
    start,
    task,
    types,
    unique,
    waits_for,
)

WAITS = define({"Long": {"Type": "Wait", "Seconds": 600}})
FAILS = define({"No": {"Type": "Fail", "Error": "Refused", "Cause": "not today"}})
# Adds what it is given, then chooses; both query languages.
ORDERS = define(
    {
        "Sum": {
            "Type": "Pass",
            "QueryLanguage": "JSONata",
            "Assign": {"customer": "{% $states.input.customer %}"},
            "Output": {"total": "{% $sum($states.input.items.price) %}"},
        },
        "Dear": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.total", "NumericGreaterThan": 100, "Next": "Ask"}],
            "Default": "Ship",
        },
        "Ask": {"Type": "Pass", "Parameters": {"for.$": "$customer", "asked": True}, "End": True},
        "Ship": {"Type": "Pass", "Parameters": {"for.$": "$customer", "asked": False}},
    }
)
# Fails once for each `what`, then succeeds: redrive has something to do.
FLAKY = {"do": "flaky", "what.$": "$.what", "error": "NotYet"}


@check
def an_execution_is_started_described_and_told_of():
    arn = machine(ORDERS)
    given = {"customer": "acme", "items": [{"price": 60}, {"price": 50}]}
    name = unique("order")
    started = SFN.start_execution(stateMachineArn=arn, name=name, input=json.dumps(given))
    execution = started["executionArn"]
    same(execution, f"{arn.replace(':stateMachine:', ':execution:')}:{name}")
    described = ended(execution)
    same(json.loads(described["output"]), {"for": "acme", "asked": True})
    same(json.loads(described["input"]), given)
    same((described["name"], described["stateMachineArn"]), (name, arn))
    same((described["inputDetails"], described["outputDetails"]), ({"included": True}, {"included": True}))
    same((described["startDate"], described["redriveCount"]), (started["startDate"], 0))
    same(described["redriveStatus"], "NOT_REDRIVABLE")
    assert described["startDate"] <= described["stopDate"] <= datetime.datetime.now(datetime.timezone.utc), described

    events = history(execution)
    expected = ["ExecutionStarted"]
    for kind in ("Pass", "Choice", "Pass"):
        expected += [f"{kind}StateEntered", f"{kind}StateExited"]
    same([event["type"] for event in events], expected + ["ExecutionSucceeded"])
    same([event["id"] for event in events], list(range(1, len(events) + 1)))
    same([event["previousEventId"] for event in events[:3]], [0, 0, 2])
    same(events[0]["executionStartedEventDetails"]["roleArn"], ROLE)
    same(json.loads(events[0]["executionStartedEventDetails"]["input"]), given)
    same(events[2]["stateExitedEventDetails"]["assignedVariables"], {"customer": '"acme"'})
    # However it is read, it is the same.
    same(history(execution, PaginationConfig={"PageSize": 1}), events)
    same(history(execution, PaginationConfig={"PageSize": 3}, reverseOrder=True), events[::-1])
    bare = history(execution, includeExecutionData=False)
    same([event["type"] for event in bare], [event["type"] for event in events])
    assert "input" not in bare[0].get("executionStartedEventDetails", {}), bare[0]
    meta = SFN.describe_execution(executionArn=execution, includedData="METADATA_ONLY")
    assert "input" not in meta and "output" not in meta, meta

    whose = SFN.describe_state_machine_for_execution(executionArn=execution)
    same((whose["definition"], whose["stateMachineArn"], whose["roleArn"]), (ORDERS, arn, ROLE))
    # It stays with the definition that it was started with.
    SFN.update_state_machine(stateMachineArn=arn, definition=PASS)
    same(SFN.describe_state_machine_for_execution(executionArn=execution)["definition"], ORDERS)


@check
def a_name_is_used_once():
    arn, name = machine(WAITS), unique("once")
    first = SFN.start_execution(stateMachineArn=arn, name=name, input='{"a": 1}')
    again = SFN.start_execution(stateMachineArn=arn, name=name, input='{"a": 1}')
    same((again["executionArn"], again["startDate"]), (first["executionArn"], first["startDate"]))
    raised = refused("ExecutionAlreadyExists", SFN.start_execution, stateMachineArn=arn, name=name, input='{"a": 2}')
    same(raised.response["Error"]["Message"], f"Execution Already Exists: '{first['executionArn']}'")
    SFN.stop_execution(executionArn=first["executionArn"])
    refused("ExecutionAlreadyExists", SFN.start_execution, stateMachineArn=arn, name=name, input='{"a": 1}')
    # Many who want the same at once get the same.
    name, got = unique("crowd"), []
    crowd = [threading.Thread(target=lambda: got.append(start(arn, name=name))) for _ in range(8)]
    [each.start() for each in crowd]
    [each.join() for each in crowd]
    same((len(got), len(set(got))), (8, 1))
    same(len(SFN.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]), 1)
    SFN.stop_execution(executionArn=got[0])


@check
def what_is_wrong_with_a_start_is_said():
    arn = machine(PASS)
    refused("InvalidExecutionInput", SFN.start_execution, stateMachineArn=arn, input="{")
    refused("InvalidName", SFN.start_execution, stateMachineArn=arn, name="with blanks")
    refused("InvalidArn", SFN.start_execution, stateMachineArn="nothing")
    raised = refused("StateMachineDoesNotExist", SFN.start_execution, stateMachineArn=arn + "-none")
    same(raised.response["Error"]["Message"], f"State Machine Does Not Exist: '{arn}-none'")
    deep = "[" * 2000 + "]" * 2000
    refused("InvalidExecutionInput", SFN.start_execution, stateMachineArn=arn, input=deep)
    execution = start(arn)
    ended(execution)
    for call in (SFN.describe_execution, SFN.get_execution_history, SFN.stop_execution, SFN.list_map_runs):
        refused("ExecutionDoesNotExist", call, executionArn=execution + "-none")
        refused("InvalidArn", call, executionArn="nothing")
    refused("ExecutionDoesNotExist", SFN.describe_state_machine_for_execution, executionArn=execution + "-none")
    refused("InvalidToken", SFN.get_execution_history, executionArn=execution, nextToken="invented")
    refused("InvalidToken", SFN.list_executions, stateMachineArn=arn, nextToken="invented")
    refused("StateMachineDoesNotExist", SFN.list_executions, stateMachineArn=arn + "-none")


@check
def a_failure_says_why():
    execution = start(machine(FAILS))
    described = ended(execution, "FAILED")
    same((described["error"], described["cause"]), ("Refused", "not today"))
    assert "output" not in described, described
    events = history(execution)
    same([event["type"] for event in events], ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"])
    same(events[2]["executionFailedEventDetails"], {"error": "Refused", "cause": "not today"})
    wrong = define({"Look": {"Type": "Pass", "InputPath": "$.missing"}})
    described = ended(start(machine(wrong)), "FAILED")
    same(described["error"], "States.Runtime")


@check
def what_waits_is_woken_at_its_moment():
    arn = machine(define({"Soon": {"Type": "Wait", "Seconds": 1}, "Then": {"Type": "Pass", "Result": "there"}}))
    executions = [start(arn) for _ in range(10)]
    for execution in executions:
        described = ended(execution)
        took = (described["stopDate"] - described["startDate"]).total_seconds()
        assert 1 <= took < 5, took
        same(
            types(execution),
            [
                "ExecutionStarted",
                "WaitStateEntered",
                "WaitStateExited",
                "PassStateEntered",
                "PassStateExited",
                "ExecutionSucceeded",
            ],
        )


@check
def an_execution_that_takes_too_long_times_out():
    arn = machine(define({"Long": {"Type": "Wait", "Seconds": 600}}, TimeoutSeconds=1))
    execution = start(arn)
    described = ended(execution, "TIMED_OUT")
    assert "output" not in described, described
    same(types(execution), ["ExecutionStarted", "WaitStateEntered", "ExecutionTimedOut"])


@check
def branches_and_iterations_come_together():
    branch = lambda value: {"StartAt": "It", "States": {"It": {"Type": "Pass", "Result": value, "End": True}}}
    slow = {"StartAt": "It", "States": {"It": {"Type": "Wait", "Seconds": 1, "End": True}}}
    both = define({"Both": {"Type": "Parallel", "Branches": [branch("a"), slow, branch("c")]}})
    same(result(start(machine(both), {"x": 1})), ["a", {"x": 1}, "c"])
    each = define(
        {
            "Each": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "MaxConcurrency": 2,
                "ItemSelector": {"n.$": "$$.Map.Item.Index", "value.$": "$$.Map.Item.Value"},
                "ItemProcessor": branch(0) | {"States": {"It": {"Type": "Pass", "End": True}}},
            }
        }
    )
    execution = start(machine(each), {"items": ["a", "b", "c"]})
    same(result(execution), [{"n": n, "value": value} for n, value in enumerate("abc")])
    kinds = types(execution)
    same((kinds.count("MapIterationStarted"), kinds.count("MapIterationSucceeded")), (3, 3))


@check
def an_execution_is_stopped():
    execution = start(machine(WAITS))
    waits_for(execution, "WaitStateEntered")
    stopped = SFN.stop_execution(executionArn=execution, error="Enough", cause="said so")
    described = SFN.describe_execution(executionArn=execution)
    same((described["status"], described["stopDate"]), ("ABORTED", stopped["stopDate"]))
    events = history(execution)
    same([event["type"] for event in events], ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"])
    same(events[2]["executionAbortedEventDetails"], {"error": "Enough", "cause": "said so"})
    # Stopping what has ended changes nothing.
    same(SFN.stop_execution(executionArn=execution)["stopDate"], stopped["stopDate"])
    same(len(history(execution)), 3)


@check
def a_failed_execution_is_redriven_from_where_it_failed():
    what = unique("redriven")
    arn = machine(
        define({"Before": {"Type": "Pass"}, "Flaky": task(FLAKY), "After": {"Type": "Pass", "Result": "done"}})
    )
    execution = start(arn, {"what": what})
    described = ended(execution, "FAILED")
    same((described["error"], described["redriveStatus"]), ("NotYet", "REDRIVABLE"))
    token = unique("redrive")
    redriven = SFN.redrive_execution(executionArn=execution, clientToken=token)["redriveDate"]
    described = ended(execution)
    same((json.loads(described["output"]), described["redriveCount"]), ("done", 1))
    same(described["redriveDate"], redriven)
    kinds = types(execution)
    same(
        (kinds.count("ExecutionRedriven"), kinds.count("ExecutionFailed"), kinds.count("PassStateEntered")),
        (1, 1, 2),
        kinds,
    )
    same(kinds.count("LambdaFunctionScheduled"), 2, kinds)
    same([event["id"] for event in history(execution)], list(range(1, len(kinds) + 1)))
    raised = refused("ExecutionNotRedrivable", SFN.redrive_execution, executionArn=execution)
    assert (
        "SUCCEEDED" in raised.response["Error"]["Message"] or "succeeded" in raised.response["Error"]["Message"]
    ), raised
    refused("ExecutionDoesNotExist", SFN.redrive_execution, executionArn=execution + "-none")
    # Only the branch that failed is done again.
    branch = lambda name, state: {"StartAt": name, "States": {name: {**state, "End": True}}}
    both = define(
        {"Both": {"Type": "Parallel", "Branches": [branch("Fine", {"Type": "Pass"}), branch("Bad", task(FLAKY))]}}
    )
    execution = start(machine(both), {"what": unique("branch")})
    ended(execution, "FAILED")
    SFN.redrive_execution(executionArn=execution)
    ended(execution)
    entered = [
        event["stateEnteredEventDetails"]["name"] for event in history(execution) if "stateEnteredEventDetails" in event
    ]
    same(entered.count("Fine"), 1, entered)
    listed = SFN.list_executions(stateMachineArn=arn, redriveFilter="REDRIVEN")["executions"]
    same([each["redriveCount"] for each in listed], [1])
    same(SFN.list_executions(stateMachineArn=arn, redriveFilter="NOT_REDRIVEN")["executions"], [])


@check
def executions_are_listed():
    arn = machine(
        define(
            {
                "Which": {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.ok", "BooleanEquals": True, "Next": "Yes"}],
                    "Default": "No",
                },
                "Yes": {"Type": "Succeed"},
                "No": {"Type": "Fail", "Error": "E"},
            }
        )
    )
    started = [start(arn, {"ok": number % 3 != 0}) for number in range(12)]
    for number, execution in enumerate(started):
        ended(execution, "SUCCEEDED" if number % 3 else "FAILED")
    pages = SFN.get_paginator("list_executions").paginate(stateMachineArn=arn, PaginationConfig={"PageSize": 5})
    listed = [each for page in pages for each in page["executions"]]
    same([each["executionArn"] for each in listed], started[::-1], "newest first, each once")
    failed = SFN.list_executions(stateMachineArn=arn, statusFilter="FAILED")["executions"]
    same({each["executionArn"] for each in failed}, set(started[::3]))
    assert all(each["stopDate"] >= each["startDate"] and each["stateMachineArn"] == arn for each in listed), listed
    refused("ValidationException", SFN.list_executions, stateMachineArn=arn, statusFilter="failed")


@check
def executions_are_found_by_what_their_definition_declares():
    arn = machine(define({"Only": {"Type": "Pass"}}, SearchAttributes={"customer": "$.customer"}))
    for customer in ("acme", "globex", "acme"):
        ended(start(arn, {"customer": customer}))
    status, _, found = http("GET", f"/v1/executions?machine={arn}&attribute.customer=acme", "ada")
    same((status, len(found["executions"])), (200, 2), found)


@check
def a_machine_that_is_deleted_ends_first():
    arn = machine(WAITS)
    execution = start(arn)
    SFN.delete_state_machine(stateMachineArn=arn)
    same(SFN.describe_state_machine(stateMachineArn=arn)["status"], "DELETING")
    settled()
    refused("StateMachineDeleting", SFN.start_execution, stateMachineArn=arn)
    SFN.stop_execution(executionArn=execution)
    same(SFN.describe_execution(executionArn=execution)["status"], "ABORTED")


@check
def an_express_machine_answers_at_once():
    arn = machine(ORDERS, type="EXPRESS")
    given = json.dumps({"customer": "acme", "items": [{"price": 5}]})
    answer = SFN.start_sync_execution(stateMachineArn=arn, input=given)
    same((answer["status"], json.loads(answer["output"])), ("SUCCEEDED", {"for": "acme", "asked": False}))
    assert (
        ":express:" in answer["executionArn"] and answer["billingDetails"]["billedDurationInMilliseconds"] >= 100
    ), answer
    same((answer["stateMachineArn"], json.loads(answer["input"])), (arn, json.loads(given)))
    answer = SFN.start_sync_execution(stateMachineArn=machine(FAILS, type="EXPRESS"))
    same((answer["status"], answer["error"], answer["cause"]), ("FAILED", "Refused", "not today"))
    raised = refused("StateMachineTypeNotSupported", SFN.start_sync_execution, stateMachineArn=machine(PASS))
    same(raised.response["Error"]["Message"], "This operation is not supported by this type of state machine")
    # A name is no promise here: both run.
    name = unique("express")
    first, second = (SFN.start_execution(stateMachineArn=arn, name=name, input=given)["executionArn"] for _ in range(2))
    assert first != second and ":express:" in first, (first, second)
    refused("StateMachineTypeNotSupported", SFN.list_executions, stateMachineArn=arn)


@check
def a_state_is_tried_out_alone():
    state = lambda **fields: json.dumps(fields)
    answer = SFN.test_state(
        definition=state(Type="Pass", Parameters={"double.$": "States.MathAdd($.n, $.n)"}, Next="Then"),
        input='{"n": 21}',
        roleArn=ROLE,
        inspectionLevel="DEBUG",
    )
    same((answer["status"], json.loads(answer["output"]), answer["nextState"]), ("SUCCEEDED", {"double": 42}, "Then"))
    same(json.loads(answer["inspectionData"]["afterParameters"]), {"double": 42})
    choice = state(
        Type="Choice",
        QueryLanguage="JSONata",
        Choices=[{"Condition": "{% $states.input.n > 1 %}", "Next": "Many"}],
        Default="One",
    )
    same(SFN.test_state(definition=choice, input='{"n": 2}')["nextState"], "Many")
    calls = state(
        Type="Task",
        Resource="arn:aws:states:::lambda:invoke",
        Parameters={"FunctionName": "f", "Payload": {}},
        Catch=[{"ErrorEquals": ["Odd"], "Next": "Mend"}],
        End=True,
    )
    mocked = SFN.test_state(definition=calls, input="{}", mock={"errorOutput": {"error": "Odd", "cause": "mocked"}})
    same((mocked["status"], mocked["nextState"]), ("CAUGHT_ERROR", "Mend"))
    mocked = SFN.test_state(
        definition=calls,
        input="{}",
        mock={"result": json.dumps({"Payload": {"a": 1}, "StatusCode": 200, "ExecutedVersion": "$LATEST"})},
    )
    same((mocked["status"], json.loads(mocked["output"])["Payload"]), ("SUCCEEDED", {"a": 1}))
    same(SFN.test_state(definition=state(Type="Fail", Error="E", Cause="C"))["status"], "FAILED")
    refused("InvalidDefinition", SFN.test_state, definition=state(Type="Dance"))
    refused("InvalidExecutionInput", SFN.test_state, definition=state(Type="Pass", End=True), input="{")


run()
