"""Stock boto3 and work that is done outside: functions, task tokens, activities with workers, child executions."""

import json
import threading
import time

from workflow_under_test import (
    FUNCTION,
    SFN,
    check,
    client,
    define,
    ended,
    eventually,
    history,
    machine,
    refused,
    result,
    run,
    same,
    start,
    task,
    types,
    unique,
    waits_for,
)

INVOKE = "arn:aws:states:::lambda:invoke"
# The test function keeps the token for whoever asks for it.
ASKS = {
    "Type": "Task",
    "Resource": f"{INVOKE}.waitForTaskToken",
    "Parameters": {"FunctionName": FUNCTION, "Payload": {"do": "keep", "what.$": "$.what", "token.$": "$$.Task.Token"}},
}


def token_of(what):
    """The token that the test function was given with this name."""
    asks = machine(define({"Ask": task({"do": "kept", "what": what})}))
    return eventually(f"a token for {what}", lambda: result(start(asks)))


def waiting(**fields):
    """An execution that waits for its token, and the token."""
    what = unique("ask")
    arn = machine(define({"Ask": {**ASKS, **fields}, "Caught": {"Type": "Pass", "End": True}}))
    execution = start(arn, {"what": what})
    return execution, token_of(what)


@check
def a_function_is_called_by_its_arn():
    execution = start(
        machine(define({"Call": task({"do": "answer", "with.$": "$.value"})})), {"value": {"a": [1, None]}}
    )
    same(result(execution), {"a": [1, None]})
    events = history(execution)
    same(
        [event["type"] for event in events],
        [
            "ExecutionStarted",
            "TaskStateEntered",
            "LambdaFunctionScheduled",
            "LambdaFunctionStarted",
            "LambdaFunctionSucceeded",
            "TaskStateExited",
            "ExecutionSucceeded",
        ],
    )
    same(events[2]["lambdaFunctionScheduledEventDetails"]["resource"], FUNCTION)


@check
def a_function_is_called_by_the_integration():
    state = {
        "Type": "Task",
        "Resource": INVOKE,
        "Parameters": {"FunctionName": FUNCTION, "Payload": {"do": "answer", "with": 7}},
    }
    execution = start(machine(define({"Call": state})))
    answer = result(execution)
    same((answer["Payload"], answer["StatusCode"], answer["ExecutedVersion"]), (7, 200, "$LATEST"))
    kinds = types(execution)
    same(kinds[2:5], ["TaskScheduled", "TaskStarted", "TaskSucceeded"])
    scheduled = history(execution)[2]["taskScheduledEventDetails"]
    same((scheduled["resourceType"], scheduled["resource"]), ("lambda", "invoke"))


@check
def a_functions_error_is_retried_caught_or_told():
    wish = {"do": "fail", "error": "Broken", "message": "it did not work"}
    described = ended(start(machine(define({"Call": task(wish)}))), "FAILED")
    same(described["error"], "Broken")
    same(json.loads(described["cause"])["errorMessage"], "it did not work")

    retry = [{"ErrorEquals": ["Broken"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Mend", "ResultPath": "$.error"}]
    arn = machine(
        define(
            {
                "Call": task(wish, Retry=retry, Catch=catch, End=True),
                "Mend": {"Type": "Pass", "OutputPath": "$.error.Error"},
            }
        )
    )
    execution = start(arn)
    same(result(execution), "Broken")
    same(types(execution).count("LambdaFunctionFailed"), 2)

    flaky = task(
        {"do": "flaky", "what.$": "$.what", "error": "NotYet"},
        Retry=[{"ErrorEquals": ["NotYet"], "IntervalSeconds": 1}],
    )
    execution = start(machine(define({"Call": flaky})), {"what": unique("flaky")})
    ended(execution)
    same((types(execution).count("LambdaFunctionFailed"), types(execution).count("LambdaFunctionSucceeded")), (1, 1))

    none = {"Type": "Task", "Resource": FUNCTION.rsplit(":", 1)[0] + ":no-such-function"}
    assert ended(start(machine(define({"Call": none}))), "FAILED")["error"], "an error has a name"
    slow = task({"do": "sleep", "ms": 10_000}, TimeoutSeconds=1)
    same(ended(start(machine(define({"Call": slow}))), "FAILED")["error"], "States.Timeout")


@check
def a_token_brings_success():
    execution, token = waiting()
    kinds = types(execution)
    same(kinds[-3:], ["TaskScheduled", "TaskStarted", "TaskSubmitted"])
    SFN.send_task_heartbeat(taskToken=token)
    SFN.send_task_success(taskToken=token, output='{"approved": true}')
    same(json.loads(ended(execution)["output"]), {"approved": True})
    # What was answered is answered.
    refused("TaskTimedOut", SFN.send_task_success, taskToken=token, output="{}")
    refused("TaskTimedOut", SFN.send_task_failure, taskToken=token)
    refused("TaskTimedOut", SFN.send_task_heartbeat, taskToken=token)


@check
def a_token_brings_failure():
    execution, token = waiting()
    SFN.send_task_failure(taskToken=token, error="Refused", cause="by the boss")
    described = ended(execution, "FAILED")
    same((described["error"], described["cause"]), ("Refused", "by the boss"))
    execution, token = waiting(Catch=[{"ErrorEquals": ["Refused"], "Next": "Caught"}], End=True)
    SFN.send_task_failure(taskToken=token, error="Refused", cause="by the boss")
    same(result(execution), {"Error": "Refused", "Cause": "by the boss"})


@check
def a_token_that_is_none_is_refused():
    for call, more in (
        (SFN.send_task_success, {"output": "{}"}),
        (SFN.send_task_failure, {}),
        (SFN.send_task_heartbeat, {}),
    ):
        refused("InvalidToken", call, taskToken="invented", **more)
    execution, token = waiting()
    refused("InvalidOutput", SFN.send_task_success, taskToken=token, output="{")
    altered = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    try:
        SFN.send_task_success(taskToken=altered, output="{}")
    except (SFN.exceptions.InvalidToken, SFN.exceptions.TaskDoesNotExist, SFN.exceptions.TaskTimedOut):
        pass
    else:
        raise AssertionError("a token that was never given was taken")
    same(SFN.describe_execution(executionArn=execution)["status"], "RUNNING")
    SFN.stop_execution(executionArn=execution)
    refused("TaskTimedOut", SFN.send_task_success, taskToken=token, output="{}")


@check
def only_one_of_many_answers_counts():
    execution, token = waiting()
    outcomes = []

    def answer(number):
        try:
            client().send_task_success(taskToken=token, output=str(number))
            outcomes.append(number)
        except SFN.exceptions.TaskTimedOut:
            outcomes.append(None)

    crowd = [threading.Thread(target=answer, args=(number,)) for number in range(6)]
    [each.start() for each in crowd]
    [each.join() for each in crowd]
    won = [number for number in outcomes if number is not None]
    same((len(outcomes), len(won)), (6, 1), outcomes)
    same(result(execution), won[0])


@check
def without_a_sign_of_life_a_task_times_out():
    execution, token = waiting(HeartbeatSeconds=2)
    described = ended(execution, "FAILED")
    assert described["error"] in ("States.Timeout", "States.HeartbeatTimeout"), described
    refused("TaskTimedOut", SFN.send_task_heartbeat, taskToken=token)
    execution, token = waiting(TimeoutSeconds=1)
    same(ended(execution, "FAILED")["error"], "States.Timeout")
    assert "TaskTimedOut" in types(execution), types(execution)


class Worker(threading.Thread):
    """A worker of an activity, as every programming language's example has one."""

    def __init__(self, arn, work, name=None):
        super().__init__(daemon=True)
        self.arn, self.work, self.worker, self.over, self.done, self.late = arn, work, name, False, [], 0
        self.start()

    def run(self):
        sfn = client()
        while not self.over:
            got = sfn.get_activity_task(activityArn=self.arn, **({"workerName": self.worker} if self.worker else {}))
            if not got.get("taskToken"):
                continue
            self.done.append(got["input"])
            try:
                output = self.work(sfn, got["taskToken"], json.loads(got["input"]))
                sfn.send_task_success(taskToken=got["taskToken"], output=json.dumps(output))
            except sfn.exceptions.TaskTimedOut:
                self.late += 1
            except ValueError as error:
                sfn.send_task_failure(taskToken=got["taskToken"], error="Programmatic Error", cause=str(error))


def doubled(_sfn, _token, given):
    if given["n"] < 0:
        raise ValueError("below zero")
    return {"n": given["n"] * 2}


@check
def workers_share_an_activitys_tasks():
    arn = SFN.create_activity(name=unique("double"))["activityArn"]
    worked = machine(define({"Double": {"Type": "Task", "Resource": arn}}))
    # Work that waits for its first worker, and work that comes to workers who wait.
    early = [start(worked, {"n": n}) for n in range(4)]
    workers = [Worker(arn, doubled, f"worker-{number}") for number in range(3)]
    late = [start(worked, {"n": n}) for n in range(4, 12)]
    for n, execution in enumerate(early + late):
        same(result(execution), {"n": n * 2})
    for worker in workers:
        worker.over = True
    done = [given for worker in workers for given in worker.done]
    same((len(done), len(set(done))), (12, 12), "each task was done by one worker, once")
    events = history(early[0])
    same(
        [event["type"] for event in events],
        [
            "ExecutionStarted",
            "TaskStateEntered",
            "ActivityScheduled",
            "ActivityStarted",
            "ActivitySucceeded",
            "TaskStateExited",
            "ExecutionSucceeded",
        ],
    )
    assert events[3]["activityStartedEventDetails"]["workerName"].startswith("worker-"), events[3]
    failing = start(worked, {"n": -1})
    described = ended(failing, "FAILED")
    same((described["error"], described["cause"]), ("Programmatic Error", "below zero"))
    # Whoever still waits is let go.
    for _ in workers:
        start(worked, {"n": 1})


@check
def a_workers_signs_of_life_are_awaited():
    arn = SFN.create_activity(name=unique("slow"))["activityArn"]
    waits = machine(define({"Slow": {"Type": "Task", "Resource": arn, "HeartbeatSeconds": 5, "TimeoutSeconds": 25}}))
    execution = start(waits, {"n": 1})

    def work(sfn, token, given):
        for _ in range(12):
            threading.Event().wait(0.5)
            sfn.send_task_heartbeat(taskToken=token)
        return given

    worker = Worker(arn, work)
    same(result(execution), {"n": 1})
    # The worker asks for more already; what it gets next ends it.
    worker.work = lambda *_: time.sleep(8)
    worker.over = True
    described = ended(start(waits, {"n": 2}), "FAILED")
    assert described["error"] in ("States.Timeout", "States.HeartbeatTimeout"), described
    eventually("its answer comes too late", lambda: worker.late)


@check
def an_execution_starts_others_and_waits_for_them():
    child = machine(
        define({"Soon": {"Type": "Wait", "Seconds": 1}, "Say": {"Type": "Pass", "Parameters": {"got.$": "$.n"}}})
    )
    fails = machine(define({"No": {"Type": "Fail", "Error": "Odd", "Cause": "it is"}}))
    starts = lambda how, arn: {
        "Type": "Task",
        "Resource": f"arn:aws:states:::states:startExecution{how}",
        "Parameters": {"StateMachineArn": arn, "Input": {"n.$": "$.n"}},
    }
    answer = result(start(machine(define({"Child": starts(".sync:2", child)})), {"n": 5}))
    same((answer["Status"], answer["Output"]), ("SUCCEEDED", {"got": 5}))
    same(json.loads(SFN.describe_execution(executionArn=answer["ExecutionArn"])["output"]), {"got": 5})
    answer = result(start(machine(define({"Child": starts(".sync", child)})), {"n": 5}))
    same(json.loads(answer["Output"]), {"got": 5})
    answer = result(start(machine(define({"Child": starts("", child)})), {"n": 5}))
    ended(answer["ExecutionArn"])
    execution = start(machine(define({"Child": starts(".sync:2", fails)})), {"n": 5})
    described = ended(execution, "FAILED")
    same((described["error"], json.loads(described["cause"])["Error"]), ("States.TaskFailed", "Odd"))
    # Whoever stops an execution stops those that it waits for.
    long = machine(define({"Long": {"Type": "Wait", "Seconds": 600}}))
    execution = start(machine(define({"Child": starts(".sync:2", long)})), {"n": 1})
    waits_for(execution, "TaskSubmitted")
    below = eventually("the child runs", lambda: SFN.list_executions(stateMachineArn=long)["executions"])[0][
        "executionArn"
    ]
    SFN.stop_execution(executionArn=execution)
    ended(below, "ABORTED")


@check
def what_does_not_exist_here_says_so():
    queue = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": "https://example.com", "MessageBody": "x"},
    }
    described = ended(start(machine(define({"Send": queue}))), "FAILED")
    assert described["error"] and described["cause"], described


run()
