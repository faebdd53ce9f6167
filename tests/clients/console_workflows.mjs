// The console's workflows in a real browser: a definition is written, started, watched, answered, found again.
//
// SETTINGS: those of `browser.mjs`. The checks build on one another.

import { check, ok, run, same } from "./checks.mjs";
import { WITHIN, complaints, fill, go, press, pressTwice, shot, until, window as opened } from "./browser.mjs";

const window = (user, hash, more = {}) => opened(user, hash, { roles: ["workflows"], ...more });

/** The classes of a state in the graph that say how it is. */
const states = (page) => page.evaluate(() => Object.fromEntries([...document.querySelectorAll("g.node")].map((node) =>
  [node.querySelector(".name").textContent, ["running", "waiting", "succeeded", "caught", "failed", "aborted"].find((one) => node.classList.contains(one)) ?? null])));
const untilStates = (page, wanted) => until(page, `states are ${JSON.stringify(wanted)}`, (expected) => Object.entries(expected).every(([name, status]) =>
  [...document.querySelectorAll("g.node")].some((node) => node.querySelector(".name").textContent === name && (status === null ? !/running|waiting|succeeded|caught|failed|aborted/.test(node.getAttribute("class")) : node.classList.contains(status)))), wanted);
const untilStatus = (page, wanted) => until(page, `it is ${wanted}`, (status) => document.querySelector(".facts-line .state")?.textContent === status, wanted);

/** Makes a workflow of a template under a name; the page is then that of the workflow. */
async function made(page, name, template, change = (text) => text) {
  await go(page, "#workflows/new");
  await until(page, "the editor", () => document.querySelector(".with-lines textarea")?.value.includes("StartAt"));
  await page.evaluate((wanted) => {
    const select = [...document.querySelectorAll("select")].find((one) => [...one.options].some((option) => option.textContent.startsWith(wanted)));
    select.value = [...select.options].find((option) => option.textContent.startsWith(wanted)).value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }, `${template}:`);
  const text = await page.evaluate(() => document.querySelector(".with-lines textarea").value);
  const changed = change(text);
  if (changed !== text) {
    await page.evaluate((wanted) => {
      const area = document.querySelector(".with-lines textarea");
      area.value = wanted;
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }, changed);
  }
  await until(page, "nothing is wrong", () => document.querySelector('.definition .note[aria-busy="false"]')?.textContent === "nothing is wrong");
  await fill(page, "Name", name);
  await press(page, "Create");
  await until(page, "its page", (wanted) => document.querySelector(".opened h2")?.textContent === wanted, name);
}

async function started(page, input) {
  await until(page, "the form", () => [...document.querySelectorAll("button")].some((button) => button.textContent === "Start"));
  await page.evaluate((text) => {
    const label = [...document.querySelectorAll("form label")].find((one) => one.firstChild.textContent === "Input" && one.closest("form").textContent.includes("Start"));
    label.querySelector("textarea").value = text;
  }, JSON.stringify(input));
  await press(page, "Start");
  await until(page, "the execution's page", () => location.hash.startsWith("#workflows/execution/") && document.querySelector(".facts-line .state"));
}

const choose = (page, name) => page.evaluate((wanted) => {
  const node = [...document.querySelectorAll("g.node")].find((one) => one.querySelector(".name").textContent === wanted);
  node.dispatchEvent(new MouseEvent("click", { bubbles: true }));
}, name);

let ada;

check("a workflow is made of a template, and its graph is drawn while one writes", async () => {
  ada = await window("ada", "#workflows");
  await until(ada, "the list", () => document.querySelector("#page .empty, #page tbody tr"));
  await go(ada, "#workflows/new");
  await until(ada, "the first graph", () => document.querySelectorAll("g.node").length === 1);
  await made(ada, "lines", "Map", (text) => text.replace('"Seconds": 1', '"Seconds": "{% $states.input.seconds %}"'));
  same(Object.keys(await states(ada)).sort(), ["Any?", "Each line", "Leave out", "Pack", "Packed"]);
  await shot(ada, "workflow-editor", { fullPage: true });
});

check("what is wrong is said with its place, and leads there", async () => {
  await ada.evaluate(() => {
    const area = document.querySelector(".with-lines textarea");
    area.value = area.value.replace('"Next": "Packed"', '"Next": "Pakced"');
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await until(ada, "the finding", () => document.querySelector(".findings li")?.textContent.includes("Did you mean 'Packed'?"));
  await until(ada, "the missing state in the graph", () => document.querySelector("g.node.missing"));
  await shot(ada, "workflow-finding");
  await ada.click(".findings button");
  const line = await ada.evaluate(() => { const area = document.querySelector(".with-lines textarea"); return area.value.slice(area.selectionStart, area.selectionEnd); });
  ok(line.includes('"Next": "Pakced"'), line);
  await press(ada, "Save");
  await until(ada, "it is refused", () => [...document.querySelectorAll(".fault")].some((one) => one.textContent.includes("MISSING_TRANSITION_TARGET")));
  await ada.reload();
  await until(ada, "its page", () => document.querySelector(".opened h2")?.textContent === "lines" && document.querySelectorAll("g.node").length === 5);
});

check("an execution is watched live, and every state's input and output can be read", async () => {
  // Where the page comes later than the lines are packed, they are packed more slowly.
  for (let seconds = 1, seen = "ended"; seen === "ended"; seconds *= 4) {
    ok(seconds < 100, "it is not seen while it runs");
    await go(ada, "#workflows/machine/lines");
    await started(ada, { lines: [{ item: "paper", count: 500 }, { item: "ink", count: 2 }, { item: "thread", count: 0 }].map((line) => ({ ...line, seconds })) });
    seen = await (await until(ada, "it runs, or has run", () => {
      const node = [...document.querySelectorAll("g.node")].find((one) => one.querySelector(".name").textContent === "Each line");
      return node?.classList.contains("running") ? "running" : document.querySelector(".facts-line .state")?.textContent === "SUCCEEDED" && "ended";
    })).jsonValue();
  }
  await shot(ada, "workflow-running");
  await untilStatus(ada, "SUCCEEDED");
  await untilStates(ada, { "Each line": "succeeded", "Any?": "succeeded", Pack: "succeeded", "Leave out": "succeeded" });
  await choose(ada, "Packed");
  await until(ada, "the state's visits", () => document.querySelectorAll(".visit").length === 2);
  const said = await ada.evaluate(() => [...document.querySelectorAll(".visit pre")].map((one) => one.textContent).join(" "));
  ok(said.includes('"500 of paper"') && said.includes('"2 of ink"'), said);
  const output = await ada.evaluate(() => [...document.querySelectorAll(".detail pre")].at(-1).textContent);
  same(JSON.parse(output), ["500 of paper", "2 of ink", "no thread"]);
  await shot(ada, "workflow-ended", { fullPage: true });
});

check("the graph is walked by keyboard", async () => {
  await ada.evaluate(() => document.querySelector("g.node[tabindex='0']").focus());
  const focused = () => ada.evaluate(() => document.activeElement.querySelector?.(".name")?.textContent);
  for (let at = 0; at < 8 && (await focused()) !== "Each line"; at += 1) await ada.keyboard.press("ArrowUp");
  same(await focused(), "Each line");
  await ada.keyboard.press("ArrowDown");
  same(await focused(), "Any?");
  await ada.keyboard.press("Enter");
  await until(ada, "it is chosen", () => document.querySelector(".state-panel h2").textContent === "Any?");
  ok(await ada.evaluate(() => document.activeElement.getAttribute("aria-label").includes("succeeded")));
});

check("a task that fails is tried again and caught; the execution is redriven", async () => {
  await made(ada, "charges", "Retry and catch");
  await started(ada, { order: 7 });
  await untilStatus(ada, "FAILED");
  await untilStates(ada, { Charge: "caught", "Tell somebody": "succeeded", "Not charged": "failed", Charged: null });
  ok(await ada.evaluate(() => [...document.querySelectorAll(".badge text")].some((text) => text.textContent.includes("↻2"))), "retries are counted");
  await shot(ada, "workflow-failed", { fullPage: true });
  await press(ada, "Redrive from where it failed");
  await until(ada, "it was redriven", () => document.querySelector(".facts-line").textContent.includes("redriven once"));
  await untilStatus(ada, "FAILED");
});

check("an execution that waits for a task token is answered on its page", async () => {
  await made(ada, "approvals", "Wait for a token");
  await started(ada, { document: "Travel policy" });
  await untilStates(ada, { Ask: "waiting" });
  await choose(ada, "Ask");
  await until(ada, "the token", () => document.querySelector(".state-panel fieldset input.code")?.value.length > 16);
  ok(await ada.evaluate(() => [...document.querySelectorAll(".visit a")].some((link) => link.hash.startsWith("#workflows/execution/"))), "the execution that was asked is linked");
  await shot(ada, "workflow-token");
  await press(ada, "Succeed");
  await untilStatus(ada, "SUCCEEDED");
  await untilStates(ada, { Ask: "succeeded", Publish: "succeeded" });
});

check("an execution is stopped", async () => {
  await go(ada, "#workflows/machine/approvals");
  await until(ada, "its page", () => document.querySelector(".opened h2")?.textContent === "approvals");
  await started(ada, { document: "Budget" });
  await untilStates(ada, { Ask: "waiting" });
  await pressTwice(ada, "Stop", "Really stop it?");
  await untilStatus(ada, "ABORTED");
  await untilStates(ada, { Ask: "aborted" });
});

check("executions are searched by attribute, and many are stopped at once", async () => {
  const change = (text) => JSON.stringify({ ...JSON.parse(text), SearchAttributes: { document: "{% $states.input.document %}" } });
  await made(ada, "reviews", "Wait for a token", change);
  for (const document of ["Handbook", "Handbook", "Menu"]) {
    await go(ada, "#workflows/machine/reviews");
    await until(ada, "its page", () => window.location.hash.endsWith("/reviews") && document.querySelector(".opened h2")?.textContent === "reviews");
    await started(ada, { document });
    await untilStates(ada, { Ask: "waiting" });
  }
  await go(ada, "#workflows/executions/reviews");
  await until(ada, "the search", () => document.querySelectorAll("#page tbody tr").length >= 3);
  await fill(ada, "Search attributes", "document=Handbook");
  await press(ada, "Search");
  await until(ada, "two are found", () => document.querySelectorAll("#page tbody tr").length === 2);
  await shot(ada, "workflow-search", { fullPage: true });
  await ada.evaluate(() => { const box = [...document.querySelectorAll(".acting input[type=checkbox]")][0]; box.click(); });
  await pressTwice(ada, "Stop", "Really stop them?");
  await until(ada, "both are stopped", () => document.querySelector("#page .note:last-of-type")?.textContent.startsWith("2 of 2 stopped"));
  await until(ada, "it is shown", () => [...document.querySelectorAll("#page tbody tr")].every((row) => row.textContent.includes("ABORTED")));
});

check("one state is tried alone", async () => {
  await go(ada, "#workflows/machine/charges");
  await until(ada, "its page", () => document.querySelector(".opened h2")?.textContent === "charges" && document.querySelectorAll("g.node").length === 4);
  await choose(ada, "Charge");
  await fill(ada, "Result, as the service answers", '{"Payload": {"paid": true}, "StatusCode": 200}');
  await press(ada, "Test it");
  await until(ada, "the outcome", () => [...document.querySelectorAll(".note")].some((one) => one.textContent.startsWith("SUCCEEDED: goes on with Charged")));
  await shot(ada, "workflow-test", { fullPage: true });
});

check("versions are published, and an alias leads to one", async () => {
  await press(ada, "Publish");
  await until(ada, "the version", () => [...document.querySelectorAll("#page tbody th")].some((cell) => cell.textContent === "1"));
  await fill(ada, "Alias", "live");
  await press(ada, "Set");
  await until(ada, "the alias", () => [...document.querySelectorAll("#page tbody tr")].some((row) => row.textContent.includes("1 (100%)")));
});

check("an access key is made, and its secret is shown once", async () => {
  await go(ada, "#workflows/access");
  await until(ada, "the form", () => [...document.querySelectorAll("button")].some((button) => button.textContent === "Make a key"));
  await fill(ada, "What it is for", "a test");
  await press(ada, "Make a key");
  await until(ada, "the lines to copy", () => /AWS_SECRET_ACCESS_KEY=\S{40}/.test(document.getElementById("page").textContent) && document.getElementById("page").textContent.includes("inject_host_prefix=False"));
  await shot(ada, "workflow-key", { fullPage: true });
  await ada.reload();
  await until(ada, "the key", () => [...document.querySelectorAll("#page tbody tr")].some((row) => row.textContent.includes("AKIA")));
  ok(!(await ada.evaluate(() => document.getElementById("page").textContent)).includes("AWS_SECRET_ACCESS_KEY"));
  await fill(ada, "Name", "payments");
  await fill(ada, "Value", "Bearer secret");
  await fill(ada, "Hosts that it is sent to", "api.example.com");
  await press(ada, "Set");
  await until(ada, "the connection", () => [...document.querySelectorAll("#page tbody tr")].some((row) => row.textContent.includes("connection/payments/")));
});

check("nothing of a definition or an execution becomes markup", async () => {
  const nasty = "<img src=x onerror=alert(1)>";
  await made(ada, "nasty", "Hello", () => JSON.stringify({ Comment: nasty, StartAt: nasty, States: { [nasty]: { Type: "Pass", Result: nasty, Next: "Fail" }, Fail: { Type: "Fail", Error: nasty, Cause: nasty } } }));
  await started(ada, { [nasty]: nasty });
  await untilStatus(ada, "FAILED");
  await choose(ada, await ada.evaluate(() => document.querySelector("g.node .name").textContent));
  await until(ada, "its visit", () => document.querySelector(".visit"));
  same(await ada.evaluate(() => document.querySelectorAll("#page img").length), 0);
});

check("every page fits a phone, in the dark", async () => {
  const execution = await ada.evaluate(() => location.hash);
  const page = await window("ada", "#workflows", { width: 390, height: 840, dark: true });
  for (const [hash, shown, name] of [["#workflows", "tbody tr", "list"], ["#workflows/machine/charges", "g.node", "machine"], [execution, ".facts-line", "execution"], ["#workflows/executions", "tbody tr", "executions"], ["#workflows/dead", ".empty, tbody tr", "dead"], ["#workflows/access", "tbody tr", "access"]]) {
    await go(page, hash);
    await page.waitForSelector(`#page ${shown}`, { timeout: WITHIN });
    await until(page, `${name} fits`, () => document.documentElement.scrollWidth <= innerWidth);
    await shot(page, `phone-workflow-${name}`, { fullPage: true });
  }
  await page.close();
});

check("whoever may not is told so", async () => {
  const page = await window("eve", "#workflows/new", { roles: [] });
  await until(page, "the editor", () => document.querySelectorAll("g.node").length === 1);
  await fill(page, "Name", "eves");
  await press(page, "Create");
  await until(page, "the refusal", () => [...document.querySelectorAll(".fault")].some((one) => /role|not authorized|may/i.test(one.textContent)));
  await page.close();
});

check("no page complained, not even of its own policy", () => same(complaints, []));

await run();
