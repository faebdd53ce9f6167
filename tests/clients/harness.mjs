// What a script asks of the test that runs it: to kill, drain and start nodes, to restart Redis.
//
// A line `@ [COMMAND, ...]` on standard output is answered by a line of JSON on standard input: `null`, the URL of a node that
// was started, a token.

import { createInterface } from "node:readline";
import { SETTINGS, within } from "./checks.mjs";

const ANSWERED_WITHIN_MS = 60_000;
const READY_WITHIN_MS = 30_000;
const ASKED_EVERY_MS = 50;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** The nodes' URLs by name; another one after a restart. */
export const nodes = { one: SETTINGS.one, two: SETTINGS.two };

/** The answers come in the order of what was asked. */
async function ask(...command) {
  process.stdout.write(`@ ${JSON.stringify(command)}\n`);
  const { value } = await within(ANSWERED_WITHIN_MS, `an answer to ${command.join(" ")}`, lines.next());
  return JSON.parse(value);
}

/** Ends a node at once, as kill -9 does. */
export const kill = (node) => ask("kill", node);

/** Tells a node to end, as an orchestrator does; answers before it has. */
export const terminate = (node) => ask("terminate", node);

/** A token that is over in a moment. */
export const briefToken = () => ask("brief-token");

/** Starts a node that ended, and waits until it is ready. */
export async function start(node) {
  nodes[node] = await ask("start", node);
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await isReady(nodes[node]))) {
    if (Date.now() > deadline) throw new Error(`node ${node} is not ready`);
    await new Promise((resolve) => setTimeout(resolve, ASKED_EVERY_MS));
  }
}

/** Ends Redis. */
export const stopRedis = () => ask("stop-redis");

/** Starts it again, where it was and empty. */
export const startRedis = () => ask("start-redis");

export async function isReady(url) {
  try {
    return (await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}

/** Lets a proxy lead to the first node that is ready, as a load balancer with health checks does. */
export function balanced(place, proxy, order = ["one", "two"]) {
  let running = true;
  const watch = async () => {
    while (running) {
      for (const node of order) {
        if (await isReady(nodes[node])) {
          proxy.leadTo(nodes[node]);
          break;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, ASKED_EVERY_MS));
    }
  };
  const watching = watch();
  place.open.push(() => {
    running = false;
    return watching;
  });
}
