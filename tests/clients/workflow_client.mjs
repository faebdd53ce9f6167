// The stock Step Functions client of npm: what boto3's scripts ask more of, its own ways of reading answers, pages and
// errors. Settings as `workflow_under_test.py` has them.

import { randomUUID } from "node:crypto";
import { SETTINGS, check, load, ok, run, same } from "./checks.mjs";

const sfn = load("@aws-sdk/client-sfn");
const { url, keys, function: FUNCTION } = SETTINGS;
const ROLE = "arn:aws:iam::123456789012:role/any";

function client(person, { secret = keys[person][1], ...options } = {}) {
  return new sfn.SFNClient({
    endpoint: `${url}/v1/states`,
    region: "us-east-1",
    credentials: { accessKeyId: keys[person][0], secretAccessKey: secret },
    disableHostPrefix: true,
    maxAttempts: 1,
    ...options,
  });
}

const ada = client("ada");
const unique = (name) => `${name}-${randomUUID().slice(0, 12)}`;
const one = (state) => JSON.stringify({ StartAt: "Only", States: { Only: { End: true, ...state } } });
const PASS = one({ Type: "Pass" });

async function machine(definition, options = {}) {
  const command = new sfn.CreateStateMachineCommand({ name: unique("node"), definition, roleArn: ROLE, ...options });
  const made = await ada.send(command);
  ok(made.creationDate instanceof Date && Math.abs(made.creationDate - Date.now()) < 60_000, `${made.creationDate}`);
  return made.stateMachineArn;
}

async function started(stateMachineArn, input = {}) {
  const answer = await ada.send(new sfn.StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }));
  return answer.executionArn;
}

async function eventually(what, ask) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    ok(Date.now() < deadline, `not within 30 s: ${what}`);
    await new Promise((later) => setTimeout(later, 50));
  }
}

const ended = (executionArn) =>
  eventually(`${executionArn} ends`, async () => {
    const described = await ada.send(new sfn.DescribeExecutionCommand({ executionArn }));
    return described.status !== "RUNNING" && described;
  });

/** The error that a command must meet, of the client's own class for it. */
async function refused(kind, command, as = ada) {
  try {
    await as.send(command);
  } catch (error) {
    ok(error instanceof sfn[kind], `${error.name}, not ${kind}: ${error.message}`);
    ok(error.message && error.$metadata.requestId && error.$metadata.httpStatusCode === 400, `${error}`);
    return error;
  }
  throw new Error(`accepted, instead of ${kind}`);
}

check("an execution is started, described, and told of in pages", async () => {
  const arn = await machine(one({ Type: "Pass", QueryLanguage: "JSONata", Output: "{% $states.input.n * 2 %}" }));
  const executionArn = await started(arn, { n: 21 });
  const described = await ended(executionArn);
  same([described.status, described.output], ["SUCCEEDED", "42"]);
  ok(described.stopDate instanceof Date && described.stopDate >= described.startDate);
  const types = [];
  for await (const page of sfn.paginateGetExecutionHistory({ client: ada, pageSize: 3 }, { executionArn })) {
    types.push(...page.events.map((event) => event.type));
  }
  same(types, ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]);
  const listed = [];
  for await (const page of sfn.paginateListExecutions({ client: ada, pageSize: 2 }, { stateMachineArn: arn })) {
    listed.push(...page.executions.map((each) => each.executionArn));
  }
  same(listed, [executionArn]);
});

check("a token is answered", async () => {
  const what = unique("node");
  const Payload = { do: "keep", "what.$": "$.what", "token.$": "$$.Task.Token" };
  const Resource = "arn:aws:states:::lambda:invoke.waitForTaskToken";
  const ask = { Type: "Task", Resource, Parameters: { FunctionName: FUNCTION, Payload } };
  const executionArn = await started(await machine(one(ask)), { what });
  const kept = await machine(one({ Type: "Task", Resource: FUNCTION, Parameters: { do: "kept", what } }));
  const taskToken = await eventually("a token", async () => JSON.parse((await ended(await started(kept))).output));
  await ada.send(new sfn.SendTaskHeartbeatCommand({ taskToken }));
  await refused("InvalidOutput", new sfn.SendTaskSuccessCommand({ taskToken, output: "{" }));
  await ada.send(new sfn.SendTaskSuccessCommand({ taskToken, output: '"yes"' }));
  same((await ended(executionArn)).output, '"yes"');
  await refused("TaskTimedOut", new sfn.SendTaskFailureCommand({ taskToken }));
});

check("operations with a host of their own are reached without it", async () => {
  const arn = await machine(PASS, { type: "EXPRESS" });
  const answer = await ada.send(new sfn.StartSyncExecutionCommand({ stateMachineArn: arn, input: '{"a":1}' }));
  same([answer.status, answer.output], ["SUCCEEDED", '{"a":1}']);
  const definition = JSON.stringify({ Type: "Pass", Result: 1, End: true });
  const tried = await ada.send(new sfn.TestStateCommand({ definition }));
  same([tried.status, tried.output], ["SUCCEEDED", "1"]);
});

check("errors are the client's own classes", async () => {
  const arn = await machine(PASS);
  await refused("InvalidArn", new sfn.DescribeExecutionCommand({ executionArn: "nothing" }));
  await refused("StateMachineDoesNotExist", new sfn.StartExecutionCommand({ stateMachineArn: `${arn}-none` }));
  await refused("InvalidExecutionInput", new sfn.StartExecutionCommand({ stateMachineArn: arn, input: "{" }));
  await refused("InvalidDefinition", new sfn.UpdateStateMachineCommand({ stateMachineArn: arn, definition: "{" }));
  await refused("MissingRequiredParameter", new sfn.UpdateStateMachineCommand({ stateMachineArn: arn }));
  const activityArn = arn.replace("stateMachine", "activity");
  await refused("ActivityDoesNotExist", new sfn.DescribeActivityCommand({ activityArn }));
  await refused("StateMachineDoesNotExist", new sfn.StartExecutionCommand({ stateMachineArn: arn }), client("eve"));
  await refused("InvalidToken", new sfn.SendTaskHeartbeatCommand({ taskToken: "invented" }));
  const forger = client("ada", { secret: [...keys.ada[1]].reverse().join("") });
  const error = await forger.send(new sfn.ListStateMachinesCommand({})).catch((error) => error);
  same(error.name, "InvalidSignatureException");
});

await run();
