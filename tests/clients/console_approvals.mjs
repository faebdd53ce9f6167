// Approvals in a real browser: asked by a workflow, decided from a mail and from the inbox; the badge; absences; calendars.
//
// SETTINGS: those of `browser.mjs`. The checks build on one another.

import { check, ok, run, same } from "./checks.mjs";
import { asked, complaints, fill, fitsTelephone, frame, go, pick, press, pressTwice, says, shot, shows, until, window } from "./browser.mjs";

const ADMIN = { roles: ["admin"] };

let ada;
let bob;
let paper;
let execution;

const approvals = async () => (await asked("root", "GET", "/v1/approvals?box=all&open=true", ADMIN)).json().approvals;
const badge = (page, count) => until(page, `the badge says ${count}`, (wanted) => (document.querySelector('#pages a[href="#approvals"] .badge')?.textContent ?? "0") === wanted, String(count));
const ended = (page, status) => until(page, `the execution is ${status}`, (wanted) => document.querySelector(".facts-line .state")?.textContent === wanted, status);

/** Starts the workflow of the template anew; the page is then the execution's. */
async function started(page, title) {
  await go(page, "#workflows/machine/single-approval");
  await until(page, "the form", () => [...document.querySelectorAll("#page button")].some((button) => button.textContent === "Start"));
  await fill(page, "Input", JSON.stringify({ title, document: paper, approver: "user:bob" }));
  await press(page, "Start");
  await until(page, "the execution's page", () => location.hash.startsWith("#workflows/execution/") && document.querySelector(".facts-line .state"));
  await until(page, "it asks", () => [...document.querySelectorAll("g.node.waiting")].some((node) => node.querySelector(".name").textContent === "Ask"));
}

check("a document is written and changed, and a workflow asks for it", async () => {
  for (const [user, name] of [["ada", "Ada Lovelace"], ["bob", "Bob Builder"], ["cyd", "Cyd Charisse"]]) {
    await asked("root", "PUT", `/v1/people/${user}`, { ...ADMIN, json: { name, email: `${user}@acme.example` } });
  }
  const first = "# Travel policy\n\nTrains before planes.\n\nHotels up to 120 a night.\n";
  paper = (await asked("ada", "POST", "/v1/documents", { json: { title: "Travel policy", content: first, content_type: "text/markdown" } })).json().id;
  const tag = (await asked("ada", "GET", `/v1/documents/${paper}`)).headers.get("etag");
  await asked("ada", "PUT", `/v1/documents/${paper}/content`, { body: first.replace("120", "140"), headers: { "content-type": "text/markdown", "if-match": tag } });

  bob = await window("bob", "#approvals");
  await says(bob, "Nothing waits for you.");
  await badge(bob, 0);
  ada = await window("ada", "#approvals/templates", { roles: ["admin", "workflows"] });
  await says(ada, "One approver");
  await until(ada, "all templates", () => document.querySelectorAll("#page section").length >= 5);
  await shot(ada, "approval-templates", { fullPage: true });
  await press(ada, "Make a state machine of it");
  await until(ada, "its page", () => document.querySelector(".opened h2")?.textContent === "single-approval");
  await started(ada, "Travel policy");
  execution = await ada.evaluate(() => location.hash);
});

check("the badge and the inbox say so at once", async () => {
  await badge(bob, 1);
  await until(bob, "it is in the inbox", () => [...document.querySelectorAll("#page tbody tr")].some((row) => row.textContent.includes("Travel policy")));
  await until(bob, "the bell says so too", () => document.getElementById("bell-unread").textContent === "1");
  await shot(bob, "approval-inbox", { fullPage: true });
});

let confirming;

check("the mail is in the mailbox; following its link shows what is asked and decides nothing", async () => {
  await go(bob, "#mailbox");
  await until(bob, "the mail", () => [...document.querySelectorAll(".letters button")].some((one) => one.textContent.includes("Travel policy") && one.textContent.includes("bob@acme.example")));
  await pick(bob, "bob@acme.example", ".letters button");
  const mail = await frame(bob, "/console/mail/");
  await shows(mail, "Travel policy", "Hello Bob Builder");
  await shot(bob, "mailbox", { fullPage: true });
  const link = await mail.$('a[href*="/v1/approval-links/"]');
  const opened = new Promise((done) => bob.browserContext().once("targetcreated", done));
  await link.click();
  confirming = await (await opened).page();
  await until(confirming, "the page of the link", () => document.querySelector("h1")?.textContent === "Travel policy");
  const text = await confirming.evaluate(() => document.body.innerText);
  for (const part of ["Ada Lovelace", "Bob Builder", "Travel policy, version 2", "Approve", "Reject"]) ok(text.includes(part), `${part}: ${text}`);
  await shot(confirming, "approval-link", { fullPage: true });
  // As mail programs do that look at every link.
  for (const method of ["GET", "HEAD", "GET"]) await fetch(confirming.url(), { method });
  await confirming.reload();
  const [one] = await approvals();
  same([one.title, one.outcome ?? null], ["Travel policy", null]);
  await go(ada, execution);
  await ended(ada, "RUNNING");
});

check("confirming it decides, and the execution ends", async () => {
  await confirming.type("#comment", "Fine by me.");
  await confirming.click("button[value=approve]");
  await until(confirming, "the answer", () => /recorded|decided/i.test(document.body.innerText) && !document.querySelector("form"));
  await shot(confirming, "approval-link-decided");
  await ended(ada, "SUCCEEDED");
  await until(ada, "the way that it took", () => [...document.querySelectorAll("g.node.succeeded")].some((node) => node.querySelector(".name").textContent === "Approved"));
  await badge(bob, 0);
  const output = await ada.evaluate(() => [...document.querySelectorAll("#page pre")].map((one) => one.textContent).find((text) => text.includes('"Outcome"')));
  ok(output.includes('"APPROVED"') && output.includes("Fine by me."), output);
  await confirming.reload();
  await until(confirming, "it is over", () => /already/.test(document.body.innerText));
  await confirming.close();
});

check("the next one is decided in the inbox, beside the document and what changed in it", async () => {
  await started(ada, "Travel policy again");
  await go(bob, "#approvals");
  await badge(bob, 1);
  await pick(bob, "Travel policy again", "#page tbody a");
  await until(bob, "the change", () => document.querySelector(".change .inserted")?.textContent.includes("140") && document.querySelector(".change .deleted")?.textContent.includes("120"));
  await until(bob, "the workflow", () => [...document.querySelectorAll("aside g.node")].some((node) => node.querySelector(".name").textContent === "Ask"));
  await until(bob, "the record", () => document.querySelectorAll(".record li").length >= 2);
  await shot(bob, "approval", { fullPage: true });
  await press(bob, "Reject");
  await until(bob, "a reason is wanted", () => document.querySelector("aside .fault:not(:empty)"));
  await fill(bob, "Comment", "140 is too much.");
  await press(bob, "Reject");
  await until(bob, "it is recorded", () => document.querySelector("#page .state")?.textContent === "rejected");
  await badge(bob, 0);
  await until(bob, "the record says so", () => document.querySelector(".record")?.innerText.includes("140 is too much."));
  await shot(bob, "approval-ended", { fullPage: true });
  await ended(ada, "SUCCEEDED");
  await until(ada, "the way that it took", () => [...document.querySelectorAll("g.node.succeeded")].some((node) => node.querySelector(".name").textContent === "NotApproved"));
});

check("several are approved at once", async () => {
  for (const title of ["Pencils", "Paper"]) await started(ada, title);
  await go(bob, "#approvals");
  await badge(bob, 2);
  await until(bob, "both are listed", () => document.querySelectorAll("#page tbody input[type=checkbox]").length === 2);
  await bob.evaluate(() => { for (const box of document.querySelectorAll("#page tbody input[type=checkbox]")) box.click(); });
  await shot(bob, "approval-several", { fullPage: true });
  await press(bob, "Approve the chosen ones");
  await says(bob, "2 decided.");
  await badge(bob, 0);
  await says(bob, "Nothing waits for you.");
  await ended(ada, "SUCCEEDED");
});

check("whoever is away is substituted, and the substitute is asked", async () => {
  await go(bob, "#approvals/absences");
  const today = new Date();
  const day = (ahead) => new Date(today.getTime() + ahead * 86_400_000).toISOString().slice(0, 10);
  await fill(bob, "Who decides instead", "cyd");
  await fill(bob, "First day", day(-1));
  await fill(bob, "Last day", day(2));
  await press(bob, "Set");
  await until(bob, "it is listed", () => [...document.querySelectorAll("#page tbody tr")].some((row) => row.textContent.includes("cyd")));
  await shot(bob, "approval-absences", { fullPage: true });
  await started(ada, "While bob is away");
  const cyd = await window("cyd", "#approvals");
  await badge(cyd, 1);
  await press(cyd, "For my groups or in place of others (1)");
  await pick(cyd, "While bob is away", "#page tbody a");
  await press(cyd, "Approve");
  await until(cyd, "the record", () => document.querySelector(".record")?.innerText.includes("cyd for bob approved"));
  await ended(ada, "SUCCEEDED");
  await cyd.close();
});

check("one that is withdrawn is nobody's any more", async () => {
  await started(ada, "A mistake");
  await badge(bob, 1);
  await go(ada, "#approvals");
  await press(ada, "I asked for (1)");
  await pick(ada, "A mistake", "#page tbody a");
  await pressTwice(ada, "Withdraw", "Really withdraw it?");
  await until(ada, "it is withdrawn", () => document.querySelector("#page .state")?.textContent === "withdrawn");
  await badge(bob, 0);
});

check("a calendar is set", async () => {
  await go(ada, "#approvals/calendars");
  await until(ada, "the default one", () => document.querySelector("#page tbody tr"));
  await fill(ada, "Name", "vienna");
  await fill(ada, "Time zone", "Europe/Vienna");
  await fill(ada, "Friday", "08:00-12:00");
  await fill(ada, "Holidays, one a line", "2026-12-25 Christmas\n2026-12-26 Boxing Day");
  await press(ada, "Set");
  await until(ada, "it is listed", () => [...document.querySelectorAll("#page tbody tr")].some((row) => row.textContent.includes("vienna") && row.textContent.includes("08:00-12:00")));
  await shot(ada, "approval-calendars", { fullPage: true });
});

check("every page fits a telephone, in the dark", async () => {
  const all = (await asked("bob", "GET", "/v1/approvals?box=decided")).json().approvals;
  await fitsTelephone("bob", [], [["#approvals", ".empty, tbody tr", "approvals"], [`#approvals/${all.at(-1).id}`, ".change .inserted", "approval"], ["#approvals/absences", "tbody tr", "absences"], ["#approvals/calendars", "tbody tr", "calendars"], ["#approvals/templates", "g.node", "approval-templates"]]);
});

check("no page complained, not even of its own policy", () => same(complaints, []));

await run();
