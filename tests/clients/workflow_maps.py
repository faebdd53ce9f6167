"""Stock boto3 and distributed maps: runs, their children, limits while they run, files read and written."""

import json

from workflow_under_test import (
    CARELESS,
    SFN,
    check,
    define,
    ended,
    eventually,
    http,
    machine,
    refused,
    result,
    run,
    same,
    start,
    task,
    types,
    unique,
)


def each(states, start_at=None, **fields):
    """A distributed map over `$.items`."""
    names = list(states)
    processor = json.loads(define(states, start_at or names[0]))
    return {
        "Type": "Map",
        "Label": "Each",
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **processor},
        **({} if "ItemReader" in fields or "Items" in fields else {"ItemsPath": "$.items"}),
        **fields,
    }


ODD_FAIL = {
    "Which": {
        "Type": "Choice",
        "Choices": [{"Variable": "$.bad", "BooleanEquals": True, "Next": "Bad"}],
        "Default": "Good",
    },
    "Good": {"Type": "Pass", "End": True},
    "Bad": {"Type": "Fail", "Error": "Odd"},
}


def run_of(execution):
    return eventually("a map run", lambda: SFN.list_map_runs(executionArn=execution)["mapRuns"])[0]


@check
def a_run_has_children_of_its_own():
    arn = machine(define({"All": each({"Soon": {"Type": "Wait", "Seconds": 1}}, MaxConcurrency=4)}))
    execution = start(arn, {"items": list(range(6))})
    same(result(execution), list(range(6)))
    kinds = types(execution)
    same(
        [kind for kind in kinds if kind.startswith("Map")],
        [
            "MapStateEntered",
            "MapStateStarted",
            "MapRunStarted",
            "MapRunSucceeded",
            "MapStateSucceeded",
            "MapStateExited",
        ],
    )

    listed = SFN.list_map_runs(executionArn=execution)["mapRuns"]
    same(len(listed), 1)
    mapped = listed[0]["mapRunArn"]
    same((listed[0]["executionArn"], listed[0]["stateMachineArn"]), (execution, f"{arn}/Each"))
    assert f":mapRun:{arn.rsplit(':', 1)[1]}/Each:" in mapped, mapped
    described = SFN.describe_map_run(mapRunArn=mapped)
    same((described["status"], described["maxConcurrency"], described["executionArn"]), ("SUCCEEDED", 4, execution))
    for counts in (described["itemCounts"], described["executionCounts"]):
        same((counts["total"], counts["succeeded"], counts["running"], counts["failed"]), (6, 6, 0, 0))

    pages = SFN.get_paginator("list_executions").paginate(mapRunArn=mapped, PaginationConfig={"PageSize": 4})
    children = [child for page in pages for child in page["executions"]]
    same((len(children), {child["mapRunArn"] for child in children}), (6, {mapped}))
    child = SFN.describe_execution(executionArn=children[0]["executionArn"])
    same((child["mapRunArn"], child["status"]), (mapped, "SUCCEEDED"))
    same(types(children[0]["executionArn"])[0], "ExecutionStarted")
    whose = SFN.describe_state_machine_for_execution(executionArn=children[0]["executionArn"])
    same((whose["mapRunArn"], whose["label"]), (mapped, "Each"))
    # A machine's own list has no children in it.
    same([listed["executionArn"] for listed in SFN.list_executions(stateMachineArn=arn)["executions"]], [execution])


@check
def some_failures_are_tolerated_and_more_are_not():
    items = [{"bad": number % 4 == 0} for number in range(8)]
    arn = machine(define({"All": each(ODD_FAIL, ToleratedFailurePercentage=25)}))
    execution = start(arn, {"items": items})
    ended(execution)
    described = SFN.describe_map_run(mapRunArn=run_of(execution)["mapRunArn"])
    same((described["status"], described["toleratedFailurePercentage"]), ("SUCCEEDED", 25.0))
    same((described["itemCounts"]["failed"], described["itemCounts"]["succeeded"]), (2, 6))
    execution = start(machine(define({"All": each(ODD_FAIL, ToleratedFailureCount=1)})), {"items": items})
    same(ended(execution, "FAILED")["error"], "States.ExceedToleratedFailureThreshold")
    same(SFN.describe_map_run(mapRunArn=run_of(execution)["mapRunArn"])["status"], "FAILED")
    assert "MapRunFailed" in types(execution), types(execution)


@check
def a_running_run_is_changed_and_stopped_with_its_execution():
    execution = start(
        machine(define({"All": each({"Long": {"Type": "Wait", "Seconds": 600}}, MaxConcurrency=1)})),
        {"items": [1, 2, 3]},
    )
    mapped = run_of(execution)["mapRunArn"]
    SFN.update_map_run(mapRunArn=mapped, maxConcurrency=2, toleratedFailureCount=3, toleratedFailurePercentage=50)
    described = SFN.describe_map_run(mapRunArn=mapped)
    same(
        (described["maxConcurrency"], described["toleratedFailureCount"], described["toleratedFailurePercentage"]),
        (2, 3, 50.0),
    )
    same(described["status"], "RUNNING")
    eventually("two run", lambda: SFN.describe_map_run(mapRunArn=mapped)["executionCounts"]["running"] == 2)
    refused("ValidationException", CARELESS.update_map_run, mapRunArn=mapped, maxConcurrency=-1)
    SFN.stop_execution(executionArn=execution)
    ended(execution, "ABORTED")
    eventually("its run is aborted", lambda: SFN.describe_map_run(mapRunArn=mapped)["status"] == "ABORTED")
    eventually("nobody runs", lambda: not SFN.list_executions(mapRunArn=mapped, statusFilter="RUNNING")["executions"])


@check
def a_run_that_is_none_is_refused():
    execution = start(machine(define({"Only": {"Type": "Pass"}})))
    ended(execution)
    same(SFN.list_map_runs(executionArn=execution)["mapRuns"], [])
    none = execution.replace(":execution:", ":mapRun:").rsplit(":", 1)[0] + "/Each:00000000-0000-0000-0000-000000000000"
    refused("ResourceNotFound", SFN.describe_map_run, mapRunArn=none)
    refused("ResourceNotFound", SFN.update_map_run, mapRunArn=none, maxConcurrency=1)
    refused("InvalidArn", SFN.describe_map_run, mapRunArn="nothing")
    refused("InvalidArn", SFN.update_map_run, mapRunArn="nothing", maxConcurrency=1)


@check
def items_are_read_from_a_file_and_results_written_to_one():
    bucket, folder = unique("bucket"), unique("results")
    table = b"name,age\nada,36\nben,41\n"
    status, _, said = http(
        "PUT", f"/v1/workflow-files/{bucket}?key=people.csv", "ada", raw=table, headers={"content-type": "text/csv"}
    )
    assert status in (200, 201, 204), (status, said)
    reads = {
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            "Parameters": {"Bucket": bucket, "Key": "people.csv"},
        }
    }
    same(
        result(start(machine(define({"All": each({"Only": {"Type": "Pass"}}, **reads)})))),
        [{"name": "ada", "age": "36"}, {"name": "ben", "age": "41"}],
    )
    writes = {
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": bucket, "Prefix": folder},
        },
    }
    answer = result(start(machine(define({"All": each({"Only": {"Type": "Pass"}}, **reads, **writes)}))))
    same(answer["ResultWriterDetails"]["Bucket"], bucket)
    manifest = answer["ResultWriterDetails"]["Key"]
    assert manifest.startswith(folder) and manifest.endswith("/manifest.json"), manifest
    status, _, told = http("GET", f"/v1/workflow-files/{bucket}?key={manifest}", "ada")
    same(status, 200, told)
    succeeded = told["ResultFiles"]["SUCCEEDED"]
    same(len(succeeded), 1, told)
    status, _, results = http("GET", f"/v1/workflow-files/{bucket}?key={succeeded[0]['Key']}", "ada")
    same(sorted(json.loads(each["Output"])["name"] for each in results), ["ada", "ben"])
    gone = json.loads(json.dumps(reads).replace("people.csv", "none.csv"))
    described = ended(start(machine(define({"All": each({"Only": {"Type": "Pass"}}, **gone)}))), "FAILED")
    same(described["error"], "States.ItemReaderFailed")


@check
def a_failed_run_is_redriven_for_those_who_failed():
    what = unique("map")
    flaky = task({"do": "flaky", "what.$": f"States.Format('{what}-{{}}', $)", "error": "NotYet"})
    arn = machine(define({"All": each({"Flaky": flaky})}))
    execution = start(arn, {"items": [1, 2, 3]})
    ended(execution, "FAILED")
    mapped = run_of(execution)["mapRunArn"]
    SFN.redrive_execution(executionArn=execution)
    ended(execution)
    described = SFN.describe_map_run(mapRunArn=mapped)
    same((described["status"], described["redriveCount"], described["itemCounts"]["succeeded"]), ("SUCCEEDED", 1, 3))


run()
