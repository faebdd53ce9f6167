// The README's five-minute tour in a real browser, step by step: what is there to be clicked is clicked, and what is said to be
// seen is seen. Its pictures are those of the README.
//
// SETTINGS: those of `browser.mjs`; the emulator is filled with the demonstration. The checks build on one another.

import { check, run, same } from "./checks.mjs";
import { complaints, fill, frame, go, press, says, shot, shows, until, window } from "./browser.mjs";

/** Pixels of a picture: as wide as the README shows it. */
const SIZE = { width: 1080, height: 640 };

let mira;

const row = (page, ...parts) => until(page, `a row with ${parts.join(", ")}`, (wanted) => [...document.querySelectorAll("#page tbody tr")].some((one) => wanted.every((part) => one.textContent.includes(part))), parts);
const follow = (page, text) => until(page, `the link ${text}`, (wanted) => {
  const found = [...document.querySelectorAll("#page a")].find((one) => one.textContent.trim() === wanted);
  if (found) found.click();
  return Boolean(found);
}, text);
const titles = (page, ...wanted) => until(page, `hits ${wanted.join(", ")}`, (all) => all.every((title) => [...document.querySelectorAll(".hits h2")].some((one) => one.textContent === title)), wanted);
/** A picture once nothing moves any more: of the top of the page, or of what this selects. */
const picture = async (page, name, place) => {
  await page.evaluate((wanted) => { scrollTo(0, 0); document.activeElement?.blur(); if (wanted) document.querySelector(wanted).scrollIntoView({ block: "center" }); }, place);
  await new Promise((done) => setTimeout(done, 400));
  await shot(page, name);
};

check("1: the console opens as Mira of the company", async () => {
  mira = await window("nobody", "", SIZE);
  await until(mira, "who it is", () => document.getElementById("who").textContent.includes("mira of demo"));
  await until(mira, "the first page", () => document.querySelector("#page h1, #page h2"));
  await picture(mira, "overview");
});

check("2: a contract, and what was changed in it", async () => {
  await go(mira, "#documents");
  await row(mira, "Travel policy", "policy");
  await go(mira, "#documents?title=supply");
  await follow(mira, "Supply agreement with Kupferlinie");
  await until(mira, "it is open", () => document.querySelector(".document-head h1")?.textContent === "Supply agreement with Kupferlinie" && document.querySelector(".prose h2, .prose .level-2"));
  await follow(mira, "Versions");
  await until(mira, "the differences", () => [...document.querySelectorAll(".change .inserted")].some((one) => one.textContent.includes("5,000 boards")));
  await picture(mira, "versions", ".change .inserted");
});

check("3: search forgives, knows what means the same, and says how it ran", async () => {
  await go(mira, "#search?q=frots+alrm");
  await says(mira, "typing errors were forgiven");
  await titles(mira, "Incident report: late frost alarms in the pilot");
  await go(mira, "#search?q=vacation");
  await titles(mira, "Urlaubsregelung");
  await go(mira, "#search?q=frost+alarm");
  await titles(mira, "Report on the frost pilot in Sulmbach");
  await until(mira, "facets", () => document.querySelectorAll(".facets label").length > 4);
  await picture(mira, "search");
});

check("4: what waits for Mira is decided beside its changes", async () => {
  await go(mira, "#approvals");
  await until(mira, "the inbox", () => ["Travel policy: ten hours by rail", "Offer for the Kranach winery", "A label printer that rain does not wash off"].every((title) => document.getElementById("page").textContent.includes(title)));
  await follow(mira, "Travel policy: ten hours by rail");
  await until(mira, "its change", () => document.getElementById("page").textContent.includes("night train"));
  await until(mira, "the decision", () => [...document.querySelectorAll("#page button")].some((one) => one.textContent === "Ask for changes"));
  await picture(mira, "approval");
  await fill(mira, "Comment", "Portugal stays an exception, once a quarter.");
  await press(mira, "Ask for changes");
  await until(mira, "it is recorded", () => document.querySelector("#page .facts-line .state")?.textContent.includes("changes"));
});

check("5: an execution failed; it is mended and redriven", async () => {
  await go(mira, "#workflows/executions");
  await row(mira, "audit-of-the-year", "FAILED");
  await row(mira, "night-watch", "RUNNING");
  await follow(mira, "audit-of-the-year");
  await says(mira, "States.Http.StatusCode.404");
  const failed = await mira.evaluate(() => location.hash);
  await go(mira, "#documents?title=register");
  await follow(mira, "Register of suppliers");
  await follow(mira, "Sharing");
  await fill(mira, "Name", "octavo-service");
  await press(mira, "Share");
  await row(mira, "octavo-service");
  await go(mira, failed);
  await press(mira, "Redrive from where it failed");
  await until(mira, "it ends well", () => document.querySelector(".facts-line .state")?.textContent === "SUCCEEDED");
  await until(mira, "the graph says so", () => document.querySelectorAll("g.node.succeeded").length >= 3);
  await picture(mira, "workflow");
});

check("6: people write one page together", async () => {
  await go(mira, "#collaborate");
  await follow(mira, "Sprint notes: frost nights");
  await until(mira, "what Inês wrote", () => document.querySelector(".editor")?.shadowRoot?.textContent.includes("Can the voice say the number first?"));
});

check("7: AI answers from the documents, and is counted", async () => {
  await go(mira, "#assistant");
  await until(mira, "the models", () => document.querySelector(".composer select option"));
  await mira.evaluate(() => { const tick = [...document.querySelectorAll(".composer label")].find((one) => one.textContent.includes("use my documents")); tick.querySelector("input").click(); });
  await mira.type(".composer textarea", "What did the frost pilot find?");
  await press(mira, "Send");
  await until(mira, "an answer with its sources", () => document.querySelector(".turn details") && document.querySelector(".turn .said")?.textContent.length > 40 && !document.querySelector(".turn.writing"));
  await go(mira, "#use");
  await until(mira, "a month and its budget", () => document.querySelectorAll("svg.chart rect").length > 10 && document.querySelector("#page [title^='month:']") && document.getElementById("page").textContent.includes("claude-opus-5-5"));
  await mira.evaluate(() => { const period = document.querySelector("#page select"); period.value = "30"; period.dispatchEvent(new Event("change", { bubbles: true })); });
  await until(mira, "thirty days", () => document.querySelectorAll("svg.chart rect").length > 60);
  await picture(mira, "use");
});

check("8: what was sent, what bounced, and what nobody took", async () => {
  await go(mira, "#mailbox");
  await until(mira, "mails", () => document.querySelectorAll(".letters button").length > 10);
  await mira.evaluate(() => document.querySelector(".letters button").click());
  await shows(await frame(mira, "/console/mail/"), "Moosgrund");
  await go(mira, "#notifications/suppressions");
  await row(mira, "cellar@old-press-house.example", "it bounced");
  await go(mira, "#notifications/sent");
  await row(mira, "office@sonnleiten.example", "failed");
});

check("9: a provider is taken away, another one answers, and the overview tells", async () => {
  const openai = (label) => mira.evaluate((wanted) => [...document.querySelectorAll("#page .switch")].find((one) => one.querySelector("b").textContent === "openai").querySelectorAll("button").forEach((button) => { if (button.textContent.trim() === wanted) button.click(); }), label);
  await go(mira, "#faults");
  await until(mira, "the switches", () => [...document.querySelectorAll("#page .switch b")].some((one) => one.textContent === "openai"));
  await openai("Away");
  await until(mira, "it is away", () => [...document.querySelectorAll("#page .switch")].find((one) => one.querySelector("b").textContent === "openai").dataset.mode === "away");
  await go(mira, "#assistant");
  await until(mira, "the models", () => document.querySelector(".composer select option"));
  await mira.type(".composer textarea", "Which seals are late in August?");
  await press(mira, "Send");
  await until(mira, "an answer by another", () => !document.querySelector(".turn.writing") && /provider(?!openai)\w+/.test(document.querySelector(".turn .facts")?.textContent ?? ""));
  await go(mira, "#overview");
  await until(mira, "what is wrong", () => document.querySelector(".troubles")?.textContent.includes("openai"));
  await picture(mira, "overview-fault");
  await go(mira, "#faults");
  const mode = (wanted) => until(mira, `it is ${wanted}`, (now) => [...document.querySelectorAll("#page .switch")].find((one) => one.querySelector("b").textContent === "openai")?.dataset.mode === now, wanted);
  await mode("away");
  await press(mira, "Switch everything back");
  await mode("on");
  await go(mira, "#overview");
  await until(mira, "it is mended", () => document.querySelector("#page .things") && !document.querySelector(".troubles")?.textContent.includes("openai is"));
});

check("no page complained, not even of its own policy", () => same(complaints, []));

await run();
