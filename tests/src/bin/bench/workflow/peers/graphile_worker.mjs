// Graphile Worker: `node graphile_worker.mjs URL SECONDS IN_FLIGHT...`. It has jobs and no workflows: three jobs in a row, each
// of which adds the next one. For each number in flight one line of JSON: {"in_flight", "seconds", "us": [...]}, `us` from
// adding the first job until the third has its result.
import { Logger, makeWorkerUtils, run, runMigrations } from "graphile-worker";

const WARM_UP_SECONDS = 2;
// As its page on performance has it: a local queue, and completions in batches without waiting for more.
const CONCURRENT_JOBS = 24;
const LOCAL_QUEUE = 25;

const [url, seconds, ...levels] = process.argv.slice(2);
const waiting = new Map();
const tasks = {
  add_one: ({ id, number }, { addJob }) => addJob("double", { id, number: number + 1 }),
  double: ({ id, number }, { addJob }) => addJob("take_three", { id, number: number * 2 }),
  take_three: ({ id, number }) => waiting.get(id)(number - 3),
};

const common = {
  connectionString: url,
  logger: new Logger(() => () => {}),
};
await runMigrations(common);
const utils = await makeWorkerUtils(common);
const runner = await run({
  ...common,
  preset: {
    worker: {
      concurrentJobs: CONCURRENT_JOBS,
      maxPoolSize: CONCURRENT_JOBS + 2,
      localQueue: { size: LOCAL_QUEUE },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  },
  noHandleSignals: true,
  taskList: tasks,
});

let last = 0;
async function threeSteps(number) {
  const id = ++last;
  const result = new Promise((done) => waiting.set(id, done));
  await utils.addJob("add_one", { id, number });
  const got = await result;
  waiting.delete(id);
  if (got !== (number + 1) * 2 - 3) throw new Error(`three steps of ${number} gave ${got}`);
}

async function load(inFlight, lasts) {
  const took = [];
  const began = performance.now();
  const oneAfterTheOther = async (number) => {
    while (performance.now() - began < lasts * 1000) {
      const called = performance.now();
      await threeSteps(number);
      took.push(Math.round((performance.now() - called) * 1000));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, number) => oneAfterTheOther(number)));
  return { in_flight: inFlight, seconds: (performance.now() - began) / 1000, us: took };
}

for (const level of levels.map(Number)) {
  await load(level, WARM_UP_SECONDS);
  console.log(JSON.stringify(await load(level, Number(seconds))));
}
await runner.stop();
await utils.release();
