// How soon the console is seen, and how much comes for it: a browser that has nothing of it yet opens its first page.
//
// SETTINGS: those of `browser.mjs`, and `paint_within_ms`: the first paint may take so long. `measured`: the machine does nothing
// else, and the median is judged; otherwise the best, which is nearest to what the page takes among others that slow it down.

import { SETTINGS, check, ok, run } from "./checks.mjs";
import { until, window } from "./browser.mjs";

const RUNS = 7;
/** Bytes of the first page, everything that it loads by itself included. */
const WEIGHT_MAX = 300 * 1024;
/** Milliseconds after which nothing more comes by itself but what is polled. */
const SETTLED = 1_500;

const median = (values) => [...values].sort((one, other) => one - other)[values.length >> 1];

check("the first page is soon seen and light", async () => {
  const paints = [];
  const weights = [];
  let files = [];
  for (let time = 0; time < RUNS; time += 1) {
    const page = await window("ada", "", { roles: ["admin"] });
    await until(page, "a page", () => document.querySelector("#page > div")?.childElementCount > 0 && performance.getEntriesByName("first-contentful-paint").length > 0);
    await new Promise((done) => setTimeout(done, SETTLED));
    const seen = await page.evaluate(() => ({
      paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
      loaded: [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].filter((one) => !/\/(_octavo|v1)\//.test(one.name)).map((one) => [new URL(one.name).pathname, one.transferSize]),
    }));
    paints.push(seen.paint);
    weights.push(seen.loaded.reduce((sum, [, bytes]) => sum + bytes, 0));
    files = seen.loaded;
    await page.close();
  }
  const [paint, weight] = [median(paints), Math.max(...weights)];
  console.log(`first contentful paint: median ${paint.toFixed(0)} ms, worst ${Math.max(...paints).toFixed(0)} ms of ${RUNS}; ${(weight / 1024).toFixed(1)} KiB in ${files.length} files`);
  for (const [name, bytes] of files.sort((one, other) => other[1] - one[1]).slice(0, 8)) console.log(`  ${String(bytes).padStart(7)} ${name}`);
  ok(weight < WEIGHT_MAX, `${weight} bytes`);
  ok((SETTINGS.measured ? paint : Math.min(...paints)) < SETTINGS.paint_within_ms, paints.join());
});

await run();
