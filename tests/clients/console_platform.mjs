// The platform's own pages in a real browser: something is switched off, seen in the overview and switched back; an invocation is
// looked at, edited and sent again; what became of a request is followed through functions and queues; a function is frozen; a message that nobody can read dies, is edited, and goes through.
//
// SETTINGS: those of `browser.mjs`. The checks build on one another.

import { check, ok, run, same } from "./checks.mjs";
import { TENANT, asked, complaints, fill, fitsTelephone, go, press, pressTwice, says, shot, until, window } from "./browser.mjs";

let ada;
let document_;
/** The trace of a request whose message was tried several times. */
let tried;

const inner = (page, selector) => page.evaluate((wanted) => document.querySelector(wanted)?.innerText ?? "", selector);
const row = (page, ...parts) => until(page, `a row with ${parts.join(", ")}`, (wanted) => [...document.querySelectorAll("#page tbody tr")].some((one) => wanted.every((part) => one.innerText.includes(part))), parts);
/** Waits until the overview is there and has no word of dead letters. */
const noDead = (page) => until(page, "it is not told of any more", () => document.querySelector("#page .thing") && !document.querySelector("#page").innerText.includes("dead letter"));
const follow = (page, text, place = "#page") => until(page, `the link ${text}`, (wanted, where) => {
  const found = [...document.querySelectorAll(`${where} a`)].find((one) => one.innerText.trim() === wanted && one.offsetParent);
  if (found) found.click();
  return Boolean(found);
}, text, place);
/** The card of a thing in the overview, once it says this. */
const thing = (page, name, state, label) => until(page, `${name} is ${label}`, (title, wanted, said) => [...document.querySelectorAll(".thing")].some((one) => one.getAttribute("aria-label") === title && one.dataset.state === wanted && one.querySelector(".state").textContent === said), name, state, label);
const attention = (page, text) => until(page, `attention: ${text}`, (wanted) => [...document.querySelectorAll(".troubles li")].some((one) => one.innerText.includes(wanted)), text);
/** Presses a mode of a switch. */
const turn = async (page, title, mode) => {
  await until(page, `the switch of ${title}`, (wanted) => [...document.querySelectorAll(".switch b")].some((one) => one.textContent === wanted), title);
  await page.evaluate((wanted, label) => {
    const one = [...document.querySelectorAll(".switch")].find((each) => each.querySelector("b").textContent === wanted);
    [...one.querySelectorAll("button")].find((each) => each.textContent === label).click();
  }, title, mode);
  // The button is down at once; the switch says what the emulator said afterwards.
  await until(page, `${title} is ${mode}`, (wanted, label) => {
    const one = [...document.querySelectorAll(".switch")].find((each) => each.querySelector("b").textContent === wanted);
    const down = one?.querySelector('[aria-pressed="true"]');
    return down?.textContent === label && down.dataset.value === one.dataset.mode;
  }, title, mode);
};

check("everything is there, and all is well", async () => {
  ada = await window("ada", "#overview", { roles: ["admin", "operator"] });
  await says(ada, "All is well.");
  for (const [title, state, label] of [["PostgreSQL", "up", "up"], ["Redis", "up", "up"], ["Elasticsearch", "up", "up"], ["S3", "up", "up"], ["Outbox relay", "up", "up"], ["Realtime node", "up", "up"], ["openai", "up", "up (fake)"], ["smtp", "up", "up (fake)"]]) {
    await thing(ada, title, state, label);
  }
  const titles = await ada.evaluate(() => [...document.querySelectorAll("#page h2")].map((one) => one.innerText));
  same(titles, ["Engines", "Functions", "Queues", "Schedules", "Relay, bells and realtime node", "Outside services"]);
  // A chart says in words what it shows.
  await until(ada, "charts have words", () => [...document.querySelectorAll(".thing .spark")].every((one) => one.getAttribute("role") === "img" && one.getAttribute("aria-label")));
  await until(ada, "engines answered", () => /answer: [\d.,]+ ms/.test(document.querySelector('.thing[aria-label="Redis"] .spark').getAttribute("aria-label")));
  await until(ada, "the line at the top", () => document.querySelector("#summary").innerText === "everything is up");
});

check("an engine is switched away, which is seen, and comes back", async () => {
  const made = await asked("ada", "POST", "/v1/documents", { json: { title: "Persimmons", content: "About the harvest.", content_type: "text/plain" } });
  document_ = made.json().id;
  await go(ada, "#faults");
  await turn(ada, "PostgreSQL", "Away");
  await shot(ada, "faults-away", { fullPage: true });
  // What a person meets: refused, and in words.
  const refused = await asked("ada", "GET", `/v1/documents/${document_}`).then(() => null, (error) => error.message);
  ok(/50[34]/.test(refused ?? ""), `it is refused: ${refused}`);
  await go(ada, "#overview");
  await attention(ada, "PostgreSQL is switched away: nobody reaches it.");
  await thing(ada, "PostgreSQL", "down", "away");
  await attention(ada, "documents:");
  // The line at the top says the same at the same time.
  same(...await ada.evaluate(() => { const many = document.querySelectorAll(".troubles li").length; return [document.querySelector("#summary").innerText, many === 1 ? "1 thing needs attention" : `${many} things need attention`]; }));
  await shot(ada, "overview-away", { fullPage: true });
  await follow(ada, "Switch it back", ".troubles");
  await turn(ada, "PostgreSQL", "On");
  await go(ada, "#overview");
  await thing(ada, "PostgreSQL", "up", "up");
  await until(ada, "no more of it", () => ![...document.querySelectorAll(".troubles li")].some((one) => one.innerText.includes("PostgreSQL")));
  await asked("ada", "GET", `/v1/documents/${document_}`);
});

check("an engine is slow and a provider is dead, and one press mends both", async () => {
  await go(ada, "#faults");
  await turn(ada, "Redis", "Slow");
  await turn(ada, "openai", "Away");
  await turn(ada, "smtp", "Hangs");
  await go(ada, "#overview");
  await thing(ada, "Redis", "warn", "slow");
  await thing(ada, "openai", "down", "away");
  await thing(ada, "smtp", "down", "hang");
  await attention(ada, "Redis is switched to be slow: 500 ms later, each way.");
  await go(ada, "#faults");
  await press(ada, "Switch everything back");
  await until(ada, "all are on", () => [...document.querySelectorAll(".switch")].length > 10 && [...document.querySelectorAll(".switch")].every((one) => one.dataset.mode === "on"));
  await go(ada, "#overview");
  await thing(ada, "Redis", "up", "up");
  await thing(ada, "openai", "up", "up (fake)");
});

check("what an engine that is away does to a function and its queue is seen, followed to the message, and mended", async () => {
  await go(ada, "#faults");
  await turn(ada, "Elasticsearch", "Away");
  const made = await asked("ada", "POST", "/v1/documents", { json: { title: "Medlars", content: "Bletted first.", content_type: "text/plain" } });
  await go(ada, "#overview");
  await attention(ada, "Elasticsearch is switched away");
  tried = made.headers.get("x-amzn-trace-id");
  await attention(ada, "1 message was not done: the engine did not take the document");
  await attention(ada, "The queue index has 1 dead letter");
  await shot(ada, "overview-queue-fails", { fullPage: true });
  await until(ada, "its link", () => {
    const found = [...document.querySelectorAll(".troubles li")].find((one) => one.innerText.includes("1 message was not done"))?.querySelector("a");
    if (found) found.click();
    return Boolean(found);
  });
  await row(ada, "queue batch", "1 not done");
  await follow(ada, "queue batch");
  await says(ada, "Its messages");
  await row(ada, "not done: see the queue", "document.changed", made.json().id);
  await until(ada, "its log says why, in words", () => /ERROR a message was not done.*code=INDEX_0004/.test(document.querySelector(".log")?.innerText ?? ""));
  await shot(ada, "functions-batch", { fullPage: true });
  await follow(ada, "not done: see the queue");
  await until(ada, "the queue", () => location.hash === "#queues/index");
  await row(ada, "document.changed", made.json().id);
  // Pressed before the page knows anything.
  await go(ada, "#faults");
  await press(ada, "Switch everything back");
  await until(ada, "all are on", () => [...document.querySelectorAll(".switch")].length > 10 && [...document.querySelectorAll(".switch")].every((one) => one.dataset.mode === "on"));
  await go(ada, "#queues/index");
  await press(ada, "Put all back");
  await says(ada, "No dead letters");
  await go(ada, "#overview");
  await noDead(ada);
});

check("an invocation is looked at, replayed, and edited", async () => {
  await go(ada, "#functions");
  await row(ada, "documents", "of 4");
  await shot(ada, "functions", { fullPage: true });
  await follow(ada, `GET /v1/documents/${document_}`);
  await says(ada, "Its body");
  const text = await inner(ada, "#page");
  ok(text.includes('"authorization": "(redacted)"') && !text.includes("Bearer ey"), "nobody gets a token from it");
  ok(text.includes("Persimmons"), "the answer is shown");
  ok(!/^(null|undefined)$/m.test(text), "what is not there is not said");
  await shot(ada, "functions-invocation", { fullPage: true });
  const first = await ada.evaluate(() => location.hash);
  await press(ada, "Replay");
  await until(ada, "another one", (before) => location.hash !== before && document.querySelector("#page h2")?.innerText.endsWith(" again"), first);
  await says(ada, "Persimmons");
  // Another path, and the token that nobody saw: the list instead of the document.
  await ada.evaluate(() => { document.querySelector("#page details").open = true; });
  const event = JSON.parse(await ada.evaluate(() => document.querySelector("#page textarea").value));
  same(event.headers.authorization, "(redacted)");
  const edited = { ...event, rawPath: "/v1/documents", routeKey: "GET /v1/documents", pathParameters: undefined, requestContext: { ...event.requestContext, routeKey: "GET /v1/documents", http: { ...event.requestContext.http, path: "/v1/documents" } } };
  await fill(ada, "The event, as JSON", JSON.stringify(edited));
  const second = await ada.evaluate(() => location.hash);
  await press(ada, "Send the edited event");
  await until(ada, "a third one", (before) => location.hash !== before, second);
  await says(ada, '"documents": [');
  same((await inner(ada, "#page dl")).match(/Result\s+(\S+)/)?.[1], "200", "the token was put back");
  // What is no JSON is said where it was written.
  await ada.evaluate(() => { document.querySelector("#page details").open = true; });
  await fill(ada, "The event, as JSON", "{");
  await press(ada, "Send the edited event");
  await says(ada, "event: expected JSON");
});

check("what became of a request is seen, from the gateway through the queue to the index", async () => {
  // A client's own trace goes on through everything.
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  await asked("ada", "POST", "/v1/documents", { headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` }, json: { title: "Quinces", content: "For jelly.", content_type: "text/plain" } });
  await go(ada, "#traces");
  await row(ada, "POST /v1/documents", "documents, index", "ok");
  await shot(ada, "traces", { fullPage: true });
  await go(ada, `#traces/${trace}`);
  // Whole: a piece that is still under way looks otherwise. What the node is told may end later.
  await until(ada, "the index took it", () => {
    const all = [...document.querySelectorAll(".span")].filter((one) => !/realtime/.test(one.querySelector("a").innerText));
    return all.some((one) => one.querySelector("a").innerText === "index") && !all.some((one) => one.classList.contains("open"));
  });
  const seen = await ada.evaluate(() => [...document.querySelectorAll(".span")].map((one) => [one.className, one.querySelector("a").innerText, Number(one.querySelector(".who").style.getPropertyValue("--depth"))]));
  // The node is told of it by a queue of its own.
  const way = seen.filter(([, name]) => !/realtime/.test(name)).slice(0, 4);
  same(way, [["span request", "POST /v1/documents", 0], ["span invocation", "documents", 1], ["span message", "queue index", 2], ["span invocation", "index", 3]]);
  // What comes later begins further to the right, and nothing leaves its lane.
  const bars = await ada.evaluate(() => [...document.querySelectorAll(".span .beam.run")].map((one) => [parseFloat(one.style.left), parseFloat(one.style.left) + parseFloat(one.style.width)]));
  const outside = await ada.evaluate(() => [...document.querySelectorAll(".span .beam")].filter((one) => {
    const [inner, lane] = [one, one.parentElement].map((node) => node.getBoundingClientRect());
    // A piece that takes no time is two pixels wide all the same.
    return inner.top < lane.top || inner.bottom > lane.bottom || inner.left < lane.left - 1 || inner.right > lane.right + 3;
  }).length);
  same(outside, 0, "bars outside of their lanes");
  ok(bars[3][0] > bars[1][0], "the index began after the documents");
  await shot(ada, "trace", { fullPage: true });
  // By keyboard through the pieces, and into one of them and back.
  await ada.evaluate(() => document.querySelector(".span a").focus());
  await ada.keyboard.press("ArrowDown");
  same(await ada.evaluate(() => document.activeElement.innerText), "documents");
  await ada.keyboard.press("End");
  await ada.keyboard.press("Home");
  await ada.keyboard.press("ArrowDown");
  await ada.keyboard.press("Enter");
  await until(ada, "its invocation", () => /^#functions\/documents\/.+/.test(location.hash) && document.querySelector("#page h2")?.innerText === "POST /v1/documents");
  await follow(ada, trace);
  await until(ada, "back at the trace", (wanted) => location.hash === `#traces/${wanted}` && document.querySelectorAll(".span").length >= 4, trace);
  // From the index' batch too: each message names its own.
  await follow(ada, "index", ".span");
  await says(ada, "Its messages");
  await follow(ada, "its trace");
  await until(ada, "the trace again", (wanted) => location.hash === `#traces/${wanted}`, trace);
});

check("what was tried several times is so in its trace, and says why", async () => {
  await go(ada, `#traces/${encodeURIComponent(tried)}`);
  await says(ada, "try 2");
  const tries = await ada.evaluate(() => [...document.querySelectorAll(".span.message .who")].filter((one) => one.innerText.includes("queue index")).map((one) => Number(one.innerText.match(/try (\d+)/)?.[1] ?? 1)));
  // What was put back from the dead letters begins anew, and comes last.
  same([...tries.slice(0, 8), tries.at(-1)], [1, 2, 3, 4, 5, 6, 7, 8, 1], tries.join());
  const faults = await ada.evaluate(() => [...document.querySelectorAll(".span.failed .fault")].map((one) => one.innerText));
  ok(faults.length && faults.every((one) => one.includes("1 message was not done")), faults.join("; "));
  await shot(ada, "trace-failed", { fullPage: true });
  await go(ada, "#traces");
  await fill(ada, "A trace by its name", "nobody");
  await press(ada, "Open");
  await says(ada, "path:id: expected a trace");
  await go(ada, `#traces/${"0".repeat(31)}1`);
  await says(ada, "It is not there");
});

check("a frozen function lets wait, and goes on when it thaws; its sandbox is killed", async () => {
  await go(ada, "#functions/documents");
  await press(ada, "Freeze");
  await says(ada, "Its sandboxes get no work");
  // One waits for as long as it is looked at: a busy machine may look for longer than a function may take.
  let looking = true;
  const waiting = (async () => { while (looking) await asked("ada", "GET", `/v1/documents/${document_}`).catch(() => null); })();
  await says(ada, "1 request waits");
  await row(ada, "GET /v1/documents/", "waits…");
  await shot(ada, "functions-frozen", { fullPage: true });
  await go(ada, "#overview");
  await attention(ada, "documents is frozen: 1 request waits for it.");
  await follow(ada, "Thaw it", ".troubles");
  await says(ada, "Its sandboxes get no work");
  const answer = asked("ada", "GET", `/v1/documents/${document_}/content`).then((got) => got.text, (error) => error.message);
  await row(ada, `GET /v1/documents/${document_}/content`, "waits…");
  looking = false;
  await press(ada, "Thaw");
  same(await answer, "About the harvest.");
  await waiting;
  await row(ada, "idle");
  const process = await ada.evaluate(() => [...document.querySelectorAll("#page section")].find((one) => one.querySelector("h2").innerText === "Sandboxes").querySelector("tbody th").innerText);
  await pressTwice(ada, "Kill its sandboxes", "Really kill them?");
  await until(ada, "it is gone", (pid) => ![...document.querySelectorAll("#page tbody th")].some((one) => one.innerText === pid), process);
  same((await asked("ada", "GET", `/v1/documents/${document_}`)).json().title, "Persimmons");
});

check("an event is written by hand", async () => {
  await go(ada, "#functions/documents");
  await says(ada, "An event by hand");
  await ada.evaluate(() => { document.querySelector("#page details:last-of-type summary").click(); [...document.querySelectorAll("#page details")].forEach((one) => { one.open = true; }); });
  await press(ada, "Send");
  await until(ada, "it was run", () => /^#functions\/documents\/.+/.test(location.hash) && document.querySelector("#page h2")?.innerText === "by hand");
  same((await inner(ada, "#page dl")).match(/Result\s+(\S+)/)?.[1], "401", `nobody is signed in by it: ${await inner(ada, "#page")}`);
});

check("a message that nobody can read dies, is edited, and goes through", async () => {
  await go(ada, "#queues");
  await row(ada, "index");
  await follow(ada, "index");
  await says(ada, "No dead letters");
  await ada.evaluate(() => { [...document.querySelectorAll("#page details")].forEach((one) => { one.open = true; }); });
  await fill(ada, "Kind", "document.changed");
  await fill(ada, "Key", document_);
  await fill(ada, "Body, as JSON", '{"document":"not one"}');
  await press(ada, "Send the message");
  await says(ada, "Sent as ");
  await row(ada, "document.changed", document_, TENANT);
  await shot(ada, "queues-dead", { fullPage: true });
  await go(ada, "#overview");
  await attention(ada, "The queue index has 1 dead letter");
  await thing(ada, "index", "down", "1 dead");
  await follow(ada, "Decide", ".troubles");
  await until(ada, "its link", () => { const found = document.querySelector('#page tbody a[href^="#queues/index/"]'); if (found) found.click(); return Boolean(found); });
  await says(ada, "What went wrong");
  ok((await ada.evaluate(() => document.querySelectorAll("#page tbody tr").length)) >= 8, "every try's error is there");
  await shot(ada, "queues-letter", { fullPage: true });
  const letter = JSON.parse(await ada.evaluate(() => document.querySelector("#page textarea").value));
  // What is no message is refused here, where somebody reads it.
  await fill(ada, "The message", "{}");
  await press(ada, "Put it back as edited");
  await says(ada, "body: missing field");
  await fill(ada, "The message", JSON.stringify({ ...letter, body: { document: document_, revision: 1 } }));
  await press(ada, "Put it back as edited");
  await until(ada, "back at its queue", () => location.hash === "#queues/index");
  await says(ada, "No dead letters");
  await go(ada, "#overview");
  await noDead(ada);
});

check("two more die: one is put back with all, which die again, and all are thrown away", async () => {
  await go(ada, "#queues/index");
  for (const key of ["one", "two"]) {
    await ada.evaluate(() => { [...document.querySelectorAll("#page details")].forEach((one) => { one.open = true; }); });
    await fill(ada, "Kind", "document.changed");
    await fill(ada, "Key", key);
    await fill(ada, "Body, as JSON", "{}");
    await press(ada, "Send the message");
  }
  await row(ada, "one");
  await row(ada, "two");
  await press(ada, "Put all back");
  await until(ada, "they are put back", () => /[23] put back/.test(document.querySelector("#page").innerText));
  await row(ada, "one");
  await row(ada, "two");
  await pressTwice(ada, "Throw all away", "Really throw all away?");
  await says(ada, "2 thrown away");
  await says(ada, "No dead letters");
});

check("every page fits a telephone, in the dark, and looks as well in the light", async () => {
  await fitsTelephone("ada", ["admin"], [["#overview", ".thing", "overview"], ["#functions", "tbody tr", "functions"], ["#functions/documents", ".figure", "functions-one"], ["#traces", "tbody tr", "traces"], [`#traces/${encodeURIComponent(tried)}`, ".span", "trace"], ["#queues", "tbody tr", "queues"], ["#queues/index", ".figure", "queues-one"], ["#faults", ".switch", "faults"]]);
  const dark = await window("ada", "#overview", { roles: ["admin"], dark: true });
  for (const [hash, seen, name] of [["#overview", ".thing", "overview"], ["#functions", "tbody tr", "functions"], ["#traces/4bf92f3577b34da6a3ce929d0e0e4736", ".span", "trace"], ["#faults", ".switch", "faults"]]) {
    await go(dark, hash);
    await dark.waitForSelector(`#page ${seen}`);
    await shot(dark, `dark-${name}`, { fullPage: true });
    await go(ada, hash);
    await ada.waitForSelector(`#page ${seen}`);
    await shot(ada, `light-${name}`, { fullPage: true });
  }
  await dark.close();
});

check("no page complained, not even of its own policy", () => same(complaints.filter((one) => !/status of 50[34]/.test(one)), []));

await run();
