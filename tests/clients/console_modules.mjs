// The console's pure modules, without a browser: how a workflow's graph is laid out, what an execution's history tells, what
// differs between two texts, how a search stands in the address.
//
// SETTINGS: `console` the folder of the modules, and `recordings` a folder with recorded histories of the real service, if
// there is one.

import { cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { SETTINGS, check, ok, run, same } from "./checks.mjs";

// Node takes a module for one only where a manifest says so, and the page needs none.
const folder = await mkdtemp(join(tmpdir(), "octavo-console-"));
await cp(SETTINGS.console, folder, { recursive: true });
await writeFile(join(folder, "package.json"), '{"type": "module"}');
const load = (name) => import(pathToFileURL(join(folder, name)));
const { condition, graph, walk, STATES_MAX } = await load("graph.js");
const { layout } = await load("layout.js");
const { Journal } = await load("journal.js");
const { steps } = await load("document_diff.js");
const searched = await load("search_address.js");
const { inLines, ofLines } = await load("search_words.js");
const { runs, words } = await load("chart.js");
const { said } = await load("ago.js");
const { bounds, exact, placed } = await load("traces_bars.js");
await rm(folder, { recursive: true });

/** Milliseconds for the layout of fifty states: it happens while somebody types. On a busy machine with two cores. */
const FIFTY_WITHIN = 500;
const LARGEST_WITHIN = 20_000;

/** Numbers that are the same in every run. */
function chance(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
}

/** A machine of so many states with loops, choices, catchers, and branches within branches. */
function machine(draw, count, depth = 0, prefix = "S") {
  const name = (at) => `${prefix}${at}`;
  const States = {};
  for (let at = 0; at < count; at += 1) {
    const next = at + 1 < count ? { Next: name(at + 1) } : { End: true };
    const somewhere = () => name(draw(count));
    const kind = draw(8);
    if (kind === 0 && at + 1 < count) {
      const Choices = Array.from({ length: 1 + draw(3) }, () => ({ Variable: "$.a", NumericEquals: draw(9), Next: somewhere() }));
      States[name(at)] = { Type: "Choice", Choices, Default: name(at + 1) };
    } else if (kind === 1 && depth < 2) {
      const Branches = Array.from({ length: 1 + draw(3) }, (_, branch) => machine(draw, 1 + draw(5), depth + 1, `${name(at)}.${branch}.`));
      States[name(at)] = { Type: "Parallel", Branches, Catch: [{ ErrorEquals: ["States.ALL"], Next: somewhere() }], ...next };
    } else if (kind === 2 && depth < 2) {
      States[name(at)] = { Type: "Map", ItemProcessor: machine(draw, 1 + draw(4), depth + 1, `${name(at)}.i.`), ...next };
    } else if (kind === 3) {
      States[name(at)] = { Type: "Task", Resource: "arn:aws:states:::lambda:invoke", Catch: [{ ErrorEquals: ["A", "B"], Next: somewhere() }], ...next };
    } else States[name(at)] = { Type: "Pass", ...next };
  }
  return { StartAt: name(0), States };
}

const scopes = (list) => new Map([...walk(list)].map((node) => [node.name, node.scope]));
const overlap = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** What must be true of every picture. */
function sound(placed, where) {
  const { nodes, edges, width, height } = placed;
  nodes.forEach((node, at) => {
    ok(node.x >= -0.5 && node.y >= 0 && node.x + node.width <= width + 0.5 && node.y + node.height <= height, `${where}: ${node.node.name} leaves the picture`);
    for (const other of nodes.slice(at + 1)) ok(!overlap(node, other), `${where}: ${node.node.name} lies over ${other.node.name}`);
    node.boxes.forEach((box, index) => {
      ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= node.width + 0.5 && box.y + box.height <= node.height, `${where}: a branch leaves ${node.node.name}`);
      ok(node.boxes.slice(index + 1).every((other) => !overlap(box, other)), `${where}: branches of ${node.node.name} overlap`);
      sound(box, `${where}/${node.node.name}`);
    });
  });
  const by = new Map(nodes.map((node) => [node.node.name, node]));
  const touches = (node, [x, y]) => x >= node.x - 0.5 && x <= node.x + node.width + 0.5 && y >= node.y - 0.5 && y <= node.y + node.height + 0.5;
  for (const edge of edges) {
    const what = `${where}: ${edge.from ?? "the start"} -> ${edge.to}`;
    ok(!/NaN|undefined/.test(edge.path), `${what}: ${edge.path}`);
    if (edge.from !== null && edge.from !== undefined) ok(touches(by.get(edge.from), edge.points[0]), `${what} does not begin at its state`);
    if (edge.to) ok(touches(by.get(edge.to), edge.points.at(-1)), `${what} does not end at its state`);
    // Within a layer an arrow is upright: there no state may be in its way. Between layers there are no states.
    for (let at = 1; at < edge.points.length; at += 1) {
      const [[x0, y0], [x1, y1]] = [edge.points[at - 1], edge.points[at]];
      if (Math.abs(x0 - x1) > 0.5) continue;
      const [top, bottom] = [Math.min(y0, y1) + 1, Math.max(y0, y1) - 1];
      for (const node of nodes) {
        if (node.node.name === edge.from || node.node.name === edge.to || top >= bottom) continue;
        ok(x0 < node.x || x0 > node.x + node.width || bottom < node.y || top > node.y + node.height, `${what} goes through ${node.node.name}`);
      }
    }
  }
}

check("no state lies over another one, no arrow goes through a state", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const draw = chance(seed);
    sound(layout(graph(machine(draw, 2 + draw(40)))), `seed ${seed}`);
  }
});

check("the same definition is the same picture", () => {
  const drawn = () => JSON.stringify(layout(graph(machine(chance(7), 30))));
  same(drawn(), drawn());
});

check("what comes next stands below, and the way that all goes well is straight", () => {
  const States = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`S${at}`, { Type: "Task", Catch: [{ ErrorEquals: ["States.ALL"], Next: "Trouble" }], ...(at < 9 ? { Next: `S${at + 1}` } : { End: true }) }]));
  const placed = layout(graph({ StartAt: "S0", States: { ...States, Trouble: { Type: "Fail" } } }));
  const middle = (name) => { const box = placed.nodes.find((one) => one.node.name === name); return { x: box.x + box.width / 2, y: box.y }; };
  for (let at = 1; at < 10; at += 1) {
    ok(middle(`S${at}`).y > middle(`S${at - 1}`).y);
    ok(Math.abs(middle(`S${at}`).x - middle(`S${at - 1}`).x) < 1, `S${at} stands aside`);
  }
});

check("fifty states are laid out while somebody types, a thousand in time, more are not", () => {
  const timed = (count) => {
    const read = graph(machine(chance(3), count, 2));
    const began = performance.now();
    layout(read);
    return performance.now() - began;
  };
  timed(50);
  ok(timed(50) < FIFTY_WITHIN, `${timed(50)} ms`);
  ok(timed(STATES_MAX) < LARGEST_WITHIN);
  same(graph(machine(chance(3), STATES_MAX + 1, 2)), null);
});

check("a definition that is half written is drawn as far as it goes", () => {
  for (const half of [null, 1, [], {}, { States: [] }, { StartAt: 1, States: { A: null, B: { Type: 3, Next: {}, Choices: 1, Catch: "x" } } }]) {
    const read = graph(half);
    if (read) sound(layout(read), JSON.stringify(half));
  }
  const read = graph({ StartAt: "A", States: { A: { Type: "Pass", Next: "Nowhere" } } });
  same(read.nodes.map((node) => [node.name, node.type]), [["A", "Pass"], ["Nowhere", "missing"]]);
  const deep = Array.from({ length: 200 }).reduce((inner) => ({ StartAt: "M", States: { M: { Type: "Map", ItemProcessor: inner } } }), { StartAt: "P", States: { P: { Type: "Pass" } } });
  ok(layout(graph(deep)).height > 0);
});

check("conditions read as they were meant", () => {
  same(condition({ Condition: "{% $states.input.n > 1 %}" }), "$states.input.n > 1");
  same(condition({ Not: { Or: [{ Variable: "$.a", IsNull: true }, { Variable: "$.b", StringMatches: "x*" }] } }), 'not ($.a is null or $.b like "x*")');
  same(condition({ Variable: "$.a", NumericLessThanEqualsPath: "$.b" }), "$.a ≤ $.b");
  same(condition({ And: 1 }), "?");
});

/** A history, written short: `[type, previous, details]`. */
const history = (...all) => all.map(([type, previousEventId, said = {}], at) => ({ id: at + 1, previousEventId, type, timestamp: at, someEventDetails: said }));
const told = (definition, events, at = events.length) => {
  const journal = new Journal(scopes(graph(definition)));
  journal.add(events.slice(0, at));
  return journal;
};
const status = (journal) => Object.fromEntries([...journal.states].map(([name, state]) => [name, state.status]));

check("a task that failed and was tried again, then caught, is told so at every moment", () => {
  const definition = { StartAt: "Call", States: { Call: { Type: "Task", Next: "Done", Catch: [{ ErrorEquals: ["States.ALL"], Next: "Sorry" }] }, Done: { Type: "Succeed" }, Sorry: { Type: "Fail" } } };
  const events = history(["ExecutionStarted", 0, { input: "{}" }], ["TaskStateEntered", 0, { name: "Call", input: "1" }], ["TaskScheduled", 2, { resource: "invoke", parameters: "{}" }],
    ["TaskFailed", 3, { error: "E", cause: "first" }], ["TaskScheduled", 4, { resource: "invoke" }], ["TaskFailed", 5, { error: "E", cause: "second" }],
    ["TaskStateExited", 6, { name: "Call", output: "2" }], ["FailStateEntered", 7, { name: "Sorry", input: "2" }], ["ExecutionFailed", 8, { error: "Sorry" }]);
  same(status(told(definition, events, 4)), { Call: "running" });
  const journal = told(definition, events);
  same(status(journal), { Call: "caught", Sorry: "failed" });
  same(journal.states.get("Call").retries, 1);
  same(journal.byName.get("Call")[0].attempts.map((attempt) => attempt.outcome), ["E", "E"]);
  same([journal.taken("Call", "Sorry"), journal.taken("Call", "Done"), journal.taken(null, "Call")], [true, false, true]);
  same(journal.ended, "Failed");
});

check("a task token's wait is seen, and its end", () => {
  const definition = { StartAt: "Ask", States: { Ask: { Type: "Task", End: true } } };
  const events = history(["ExecutionStarted", 0], ["TaskStateEntered", 0, { name: "Ask" }], ["TaskScheduled", 2, { resource: "invoke.waitForTaskToken" }], ["TaskStarted", 3],
    ["TaskSubmitted", 4, { resource: "invoke.waitForTaskToken", output: "{}" }], ["TaskSucceeded", 5, { output: "{}" }], ["TaskStateExited", 6, { name: "Ask" }], ["ExecutionSucceeded", 7]);
  same(status(told(definition, events, 5)), { Ask: "waiting" });
  same(status(told(definition, events, 6)), { Ask: "running" });
  same(status(told(definition, events)), { Ask: "succeeded" });
});

check("items of a map are counted, and the worst of their states is told", () => {
  const definition = { StartAt: "Each", States: { Each: { Type: "Map", End: true, Catch: [], ItemProcessor: { StartAt: "One", States: { One: { Type: "Pass", Next: "Bad" }, Bad: { Type: "Fail" } } } } } };
  const events = history(["ExecutionStarted", 0], ["MapStateEntered", 0, { name: "Each" }], ["MapStateStarted", 2, { length: 2 }],
    ["MapIterationStarted", 3, { name: "Each", index: 0 }], ["PassStateEntered", 4, { name: "One" }], ["PassStateExited", 5, { name: "One" }], ["MapIterationSucceeded", 6, { name: "Each", index: 0 }],
    ["MapIterationStarted", 6, { name: "Each", index: 1 }], ["PassStateEntered", 8, { name: "One" }], ["PassStateExited", 9, { name: "One" }], ["FailStateEntered", 10, { name: "Bad" }],
    ["MapIterationFailed", 11, { name: "Each", index: 1 }], ["MapStateFailed", 12, {}], ["ExecutionFailed", 13, { error: "E" }]);
  const journal = told(definition, events, 12);
  same(journal.states.get("Each").items, { total: 2, started: 2, succeeded: 1, failed: 1 });
  same(status(journal), { Each: "running", One: "succeeded", Bad: "failed" });
  same(journal.byName.get("One").map((visit) => visit.item), [0, 1]);
  same(journal.byName.get("Bad").map((visit) => visit.item), [1]);
  same(status(told(definition, events)).Each, "failed");
});

check("of items that run at the same time each state knows its own", () => {
  const definition = { StartAt: "Each", States: { Each: { Type: "Map", End: true, ItemProcessor: { StartAt: "One", States: { One: { Type: "Wait", Next: "Two" }, Two: { Type: "Pass", End: true } } } } } };
  const events = history(["ExecutionStarted", 0], ["MapStateEntered", 0, { name: "Each" }], ["MapStateStarted", 2, { length: 2 }],
    ["MapIterationStarted", 3, { name: "Each", index: 0 }], ["WaitStateEntered", 4, { name: "One" }], ["MapIterationStarted", 3, { name: "Each", index: 1 }], ["WaitStateEntered", 6, { name: "One" }],
    ["WaitStateExited", 5, { name: "One" }], ["PassStateEntered", 8, { name: "Two" }], ["WaitStateExited", 7, { name: "One" }], ["PassStateEntered", 10, { name: "Two" }], ["PassStateExited", 9, { name: "Two" }]);
  const journal = told(definition, events);
  for (const name of ["One", "Two"]) same(journal.byName.get(name).map((visit) => visit.item), [0, 1]);
  same(journal.byName.get("Two").map((visit) => visit.status), ["succeeded", "running"]);
});

check("an execution that is redriven goes on where it failed", () => {
  const definition = { StartAt: "Call", States: { Call: { Type: "Task", End: true } } };
  const events = history(["ExecutionStarted", 0], ["TaskStateEntered", 0, { name: "Call" }], ["TaskScheduled", 2], ["TaskFailed", 3, { error: "E" }], ["ExecutionFailed", 4, { error: "E" }],
    ["ExecutionRedriven", 5], ["TaskScheduled", 6], ["TaskSucceeded", 7], ["TaskStateExited", 8, { name: "Call" }], ["ExecutionSucceeded", 9]);
  same(status(told(definition, events, 5)), { Call: "failed" });
  same(status(told(definition, events, 7)), { Call: "running" });
  same(status(told(definition, events)), { Call: "succeeded" });
});

/** Recordings that have a definition and a history in order. */
async function recorded() {
  const found = [];
  for (const name of await readdir(SETTINGS.recordings)) {
    if (!name.endsWith(".jsonl")) continue;
    for (const line of (await readFile(join(SETTINGS.recordings, name), "utf8")).split("\n").filter(Boolean)) {
      const test = JSON.parse(line);
      const start = test.steps.find((step) => step.call === "start" && step.definition);
      if (!start) continue;
      // Inside of a Parallel the recordings do not say what follows what.
      const histories = Object.values(test.expected).filter((value) => value && value.events && value.events.every((event) => Number.isInteger(event.id) && event.id > 0));
      let definition = null;
      try { definition = JSON.parse(start.definition); } catch { continue; }
      if (graph(definition)) found.push({ id: test.id, definition, histories });
    }
  }
  return found;
}

if (SETTINGS.recordings) {
  check("of recorded executions every way is an arrow, and nothing runs when they have ended", async () => {
    let judged = 0;
    for (const { id, definition, histories } of await recorded()) {
      const list = graph(definition);
      sound(layout(list), id);
      const arrows = new Set();
      const collect = (of) => {
        arrows.add(JSON.stringify([null, of.start]));
        for (const edge of of.edges) arrows.add(JSON.stringify([edge.from, edge.to]));
        of.nodes.forEach((node) => node.lists.forEach(collect));
      };
      collect(list);
      for (const { events } of histories) {
        const journal = new Journal(scopes(list));
        for (const event of [...events].sort((a, b) => a.id - b.id)) journal.add([event]);
        same([...journal.ways].filter((way) => !arrows.has(way)), [], id);
        const all = Object.values(status(journal));
        same(all.filter((one) => one === "running" || one === "waiting"), [], id);
        if (journal.ended === "Failed") ok(all.includes("failed"), `${id}: none has failed`);
        // What failed within something that was caught has failed all the same.
        if (journal.ended === "Succeeded") ok(!all.includes("failed") || all.includes("caught"), `${id}: ${JSON.stringify(status(journal))}`);
        judged += 1;
      }
    }
    ok(judged > 100, `${judged} judged`);
  });
}

/** Lines that two texts have in common in order, the slow way. */
function common(one, other) {
  const best = Array.from({ length: one.length + 1 }, () => new Int32Array(other.length + 1));
  for (let x = one.length - 1; x >= 0; x -= 1) for (let y = other.length - 1; y >= 0; y -= 1) best[x][y] = one[x] === other[y] ? best[x + 1][y + 1] + 1 : Math.max(best[x + 1][y], best[x][y + 1]);
  return best[0][0];
}

check("a difference makes the one text of the other, with as few steps as can be", () => {
  const draw = chance(7);
  const text = () => Array.from({ length: draw(14) }, () => "abcd"[draw(4)]);
  for (let time = 0; time < 2_000; time += 1) {
    const [before, after] = [text(), text()];
    const found = steps(before, after);
    const side = (without) => found.filter(({ tag }) => tag !== without).map((step) => step.text);
    same([side("inserted"), side("deleted")], [before, after]);
    same(found.filter(({ tag }) => tag === "same").length, common(before, after), `${before} to ${after}`);
  }
  same(steps(["a", "b", "c"], ["d", "e", "f"], 5), null, "too much is different");
});

check("a search and its address are the same", () => {
  for (const address of ["#search", "#search?q=a+b&tag=x&tag=y&type=text%2Fhtml&owner=ada&month=2026-05&shared=true&sort=title&mode=hybrid", "#search?q=caf%C3%A9+%26+%23"]) {
    same(searched.address(searched.read(address.slice("#search".length))), address);
  }
  const wrong = searched.read("?month=2026-13&sort=size&mode=magic&shared=1");
  same([wrong.month, wrong.sort, wrong.hybrid, wrong.shared], ["", "relevance", false, false]);
  const december = searched.request(searched.read("?month=2026-12&type=text/html&owner=bob"));
  same(december.filters.updated, { from: "2026-12-01T00:00:00.000Z", to: "2027-01-01T00:00:00.000Z" });
  const others = searched.others(searched.read("?type=text/html&owner=bob"), "owner");
  same([others.filters.owners, others.filters.media_types, others.facets.length, others.size], [[], ["text/html"], 1, 1]);
  const now = searched.read("?q=x&tag=a&month=2026-05");
  same(searched.ofRequest(searched.request(now)), now);
});

check("synonyms are lines and rules", () => {
  const rules = { equivalents: [["car", "motor vehicle"]], one_way: [{ from: "k8s", to: ["kubernetes", "kube"] }] };
  const { equivalents, one_way: oneWay } = inLines(rules);
  same([equivalents, oneWay], ["car, motor vehicle", "k8s => kubernetes, kube"]);
  same(ofLines(`\n ${equivalents} ,\n\n`, oneWay.replace("=>", "→")), rules);
  same(ofLines("", "leads nowhere").one_way, [{ from: "leads nowhere", to: [] }]);
});

check("a chart breaks where nobody knew, ends at the right edge, and says in words what it shows", () => {
  same(runs([], 10), []);
  same(runs([null, null], 10), []);
  const [before, after] = runs([0, 4, null, 2], 11, 100, 43);
  same(before, [[70, 42], [80, 2]]);
  same(after, [[100, 22]]);
  same(runs([0, 0], 2, 100, 43), [[[0, 42], [100, 42]]]);
  same(words({ what: "answer", unit: "ms", points: [1.26, 1200, null] }), "answer: not known now, at most 1,200 ms lately");
  same(words({ what: "messages", unit: "", points: [0] }), "messages: 0, at most 0 lately");
  same(words({ what: "messages", unit: "", points: [null] }), "messages: not known yet");
});

check("a moment is said as people say it", () => {
  const now = new Date(2026, 10, 27, 12, 0, 0).getTime();
  const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
  for (const [before, text] of [[0, "just now"], [9 * second, "just now"], [10 * second, "10 s ago"], [59 * second, "59 s ago"], [minute, "1 min ago"], [61 * minute, "1 h ago"], [23.9 * hour, "23 h ago"], [day, "1 day ago"], [6.9 * day, "6 days ago"],
    [8 * day, "19 Nov"], [400 * day, "23 Oct 2025"], [-minute, "in 1 min"], [-3 * day, "in 3 days"], [-13 * day, "10 Dec"]]) same(said(now - before, now), text);
});

check("the bars of a trace lie where its pieces lie in time, and none leaves the lane", () => {
  const at = (ms) => new Date(1_700_000_000_000 + ms).toISOString();
  const request = { at: at(0), duration_ms: 50, wait_ms: 0 };
  const cold = { at: at(10), duration_ms: 40, wait_ms: 30 };
  const open = { at: at(60), duration_ms: null, wait_ms: 0 };
  const now = 1_700_000_000_000 + 100;
  same(bounds([request, cold], now).ends - bounds([request, cold], now).begins, 50);
  const { begins, ends } = bounds([request, cold, open], now);
  same([begins, ends], [1_700_000_000_000, now]);
  same(placed(cold, begins, ends), { left: 10, wait: 30, run: 10, from: 10 });
  same(placed(open, begins, ends), { left: 60, wait: 0, run: 40, from: 60 });
  // Of a single moment, and of clocks that do not agree.
  same(placed({ at: at(0), duration_ms: 0, wait_ms: 0 }, begins, begins), { left: 0, wait: 0, run: 0, from: 0 });
  for (const span of [{ at: at(-20), duration_ms: 500, wait_ms: 400 }, { at: at(90), duration_ms: 500, wait_ms: 5 }]) {
    const { left, wait, run: ran } = placed(span, begins, ends);
    ok(left >= 0 && wait >= 0 && ran >= 0 && left + wait <= 100, JSON.stringify({ left, wait, ran }));
  }
  same([exact(0.44), exact(12.4), exact(1_234), exact(90_000)], ["0.4 ms", "12 ms", "1.23 s", "1.5 min"]);
});

await run();
