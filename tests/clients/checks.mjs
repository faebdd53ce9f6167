// Named checks: a script marks them with `check` and `checkEach` and ends with `await run()`, which makes all of them, even
// if one fails, writes a line for each, and ends the process with an error if one failed.
//
// argv: the settings as JSON, the folder in whose `node_modules` the SDKs are, and optionally a part of the names of the
// checks that are wanted.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

export const SETTINGS = JSON.parse(process.argv[2]);
// SDKs are found where they are installed, which is not beside this file.
export const load = createRequire(join(process.argv[3], "package.json"));
export const same = assert.deepEqual;
export const { ok } = assert;

// Characters of an error: two long lists that differ are not shown whole.
const SHOWN_MAX = 2_000;

const checks = [];

export const check = (name, make) => checks.push([name, make]);

export function checkEach(values, name, make) {
  for (const value of values) checks.push([`${name}[${value}]`, () => make(value)]);
}

/** `promise`, or an error that names what was awaited. */
export function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Makes all checks, some at once where a script says so, and ends the process. A check that takes longer than `withinMs` hangs. */
export async function run({ atOnce = 1, withinMs = 300_000 } = {}) {
  const wanted = checks.filter(([name]) => name.includes(process.argv[4] ?? ""));
  const waiting = [...wanted];
  let failed = 0;
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [name, make] = next;
      const began = performance.now();
      let outcome = "ok";
      try {
        await within(withinMs, "the check's end", make());
      } catch (error) {
        outcome = "FAILED";
        failed += 1;
        console.error(`FAILED ${name}\n${`${error?.stack ?? error}`.slice(0, SHOWN_MAX)}\n`);
      }
      console.log(`${outcome} ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  console.log(`${wanted.length - failed} of ${wanted.length} checks passed`);
  process.exit(failed > 0 || wanted.length === 0 ? 1 : 0);
}
