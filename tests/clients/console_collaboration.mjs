// The console in a real browser (Chromium by the DevTools protocol): two people in two windows edit one document.
//
// SETTINGS: `url` of the emulator, `chromium` the program, `shots` a folder for screenshots. The checks build on one another.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { SETTINGS, check, load, ok, run, same, within } from "./checks.mjs";

// Its CommonJS entry names only what is in it; the module is imported by its address.
const { default: puppeteer } = await import(pathToFileURL(load.resolve("puppeteer-core")));
const browser = await puppeteer.launch({ executablePath: SETTINGS.chromium, headless: true, args: ["--no-sandbox"] });
process.on("exit", () => browser.process()?.kill("SIGKILL"));

/** Milliseconds for something that happens by itself on a very busy machine. */
const WITHIN = 60_000;
const TENANT = "acme";
const EDITOR = "pierce/.cm-content";

/** What a page complained of, with the person who was looking at it, and without the token in an address. */
const complaints = [];
const complain = (user, text) => complaints.push(`${user}: ${text.replace(/(access_token=)[^&'"\s]+/g, "$1…")}`);

/** A window of its own, as somebody. */
async function window(user, hash, { width = 1200, height = 860, dark = false } = {}) {
  const page = await (await browser.createBrowserContext()).newPage();
  page.on("pageerror", (error) => complain(user, error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/ERR_INTERNET_DISCONNECTED/.test(message.text())) complain(user, message.text());
  });
  await page.setViewport({ width, height });
  page.setDefaultTimeout(WITHIN);
  if (dark) await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  // Of several windows only one has the keyboard; a cursor is shown to others while its editor has it.
  await (await page.createCDPSession()).send("Emulation.setFocusEmulationEnabled", { enabled: true });
  const identity = JSON.stringify({ tenant: TENANT, user, roles: [] });
  await page.evaluateOnNewDocument((kept) => sessionStorage.setItem("octavo.identity", kept), identity);
  await page.goto(`${SETTINGS.url}/${hash}`);
  return page;
}

const shot = (page, name, options = {}) => page.screenshot({ path: join(SETTINGS.shots, `${name}.png`), ...options });
const until = (page, what, seen, ...all) => within(WITHIN + 1_000, what, page.waitForFunction(seen, { timeout: WITHIN, polling: 50 }, ...all));

/** The text in the editor, without the names at others' cursors. */
const textOf = (page) => page.evaluate(() => {
  const lines = [...document.querySelector(".editor").shadowRoot.querySelectorAll(".cm-line")];
  const own = (node) => node.nodeType === Node.TEXT_NODE ? node.data
    : node.classList.contains("cm-ySelectionCaret") ? "" : [...node.childNodes].map(own).join("");
  return lines.map((line) => line.querySelector(".cm-placeholder") ? "" : own(line)).join("\n");
});

async function agree(pages, has) {
  const began = Date.now();
  for (;;) {
    const texts = await Promise.all(pages.map(textOf));
    if (texts.every((text) => text === texts[0] && has.every((part) => text.includes(part)))) return texts[0];
    ok(Date.now() - began < WITHIN, `not the same, or not all of ${JSON.stringify(has)}: ${JSON.stringify(texts)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Presses a button once it is there and can be pressed. */
const press = (page, label) => until(page, `the button ${label}`, (wanted) => {
  const found = [...document.querySelectorAll("button")].find((button) => button.textContent === wanted && button.offsetParent && !button.disabled);
  if (found) found.click();
  return Boolean(found);
}, label);

async function asked(user, path, options = {}) {
  const wanted = { method: "POST", headers: { "content-type": "application/json", "x-octavo-console": "1" }, body: JSON.stringify({ tenant: TENANT, user }) };
  const { token } = await (await fetch(`${SETTINGS.url}/_octavo/token`, wanted)).json();
  return fetch(`${SETTINGS.url}${path}`, { ...options, headers: { authorization: `Bearer ${token}`, ...options.headers } });
}

const toEnd = async (page) => {
  await page.focus(EDITOR);
  await page.keyboard.down("Control");
  await page.keyboard.press("End");
  await page.keyboard.up("Control");
};

let ada;
let bob;
let paper;

check("a document is made in the console and shared from there", async () => {
  ada = await window("ada", "#collaborate");
  await ada.waitForSelector("input[name=title]", { timeout: WITHIN });
  await ada.type("input[name=title]", "Minutes of Monday");
  await ada.keyboard.press("Enter");
  await ada.waitForSelector(".editor", { timeout: WITHIN });
  paper = (await ada.evaluate(() => location.hash)).split("/")[1];
  await ada.click(".opened summary");
  await ada.type(".opened input", "bob");
  await ada.keyboard.press("Enter");
  await until(ada, "it is shared", () => document.querySelector(".opened .note").textContent.startsWith("bob may"));
  await ada.keyboard.press("Escape");
});

check("two type at once and both see the same text", async () => {
  bob = await window("bob", `#collaborate/${paper}`, { dark: true });
  await bob.waitForSelector(".editor", { timeout: WITHIN });
  await toEnd(ada);
  await ada.keyboard.type("Present: ada and bob.\n\n");
  await agree([ada, bob], ["Present: ada and bob."]);
  await toEnd(bob);
  await Promise.all([ada.keyboard.type("The harvest is **good** this year. "), bob.keyboard.type("Bob wants it in writing. ")]);
  await agree([ada, bob], ["# Minutes of Monday", "The harvest is **good** this year. ", "Bob wants it in writing. "]);
});

check("each sees the other's cursor with the name, and who is here", async () => {
  for (const [page, other] of [[ada, "bob"], [bob, "ada"]]) {
    await page.focus(EDITOR);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowRight");
    const named = (name) => [...document.querySelector(".editor").shadowRoot.querySelectorAll(".cm-ySelectionInfo")].some((label) => label.textContent === name);
    await until(page === ada ? bob : ada, "a cursor with a name", named, other === "bob" ? "ada" : "bob");
    await until(page, `${other} is here`, (name) => [...document.querySelectorAll(".people li")].some((one) => one.textContent === name), other);
  }
});

check("a comment is seen at once, answered and resolved", async () => {
  await bob.type(".comments > form textarea", "Which year?");
  await press(bob, "Comment");
  await until(ada, "the comment", () => document.querySelector(".thread .said")?.textContent === "Which year?");
  await press(ada, "Answer");
  await ada.type(".thread textarea", "This one.");
  await ada.click(".thread form button");
  await until(bob, "the answer", () => [...document.querySelectorAll(".thread .said")].some((said) => said.textContent === "This one."));
  await shot(ada, "two-people-light");
  await shot(bob, "two-people-dark");
  await press(bob, "Resolve");
  await until(ada, "it is resolved", () => document.querySelector(".comments summary").textContent === "Resolved (1)");
});

check("one goes offline, types on and comes back: both see the same text", async () => {
  await bob.setOfflineMode(true);
  await until(bob, "it says that it is offline", () => document.querySelector(".line").textContent.startsWith("offline"));
  await toEnd(bob);
  await bob.keyboard.type("\n\nWritten on a train.");
  await toEnd(ada);
  await ada.keyboard.type("\n\nWritten at a desk.");
  await until(bob, "it says what waits", () => /kept here.*changes wait/.test(document.querySelector(".line").textContent));
  ok(!(await textOf(ada)).includes("train"), "it cannot be there yet");
  await shot(bob, "offline");
  await bob.setOfflineMode(false);
  await agree([ada, bob], ["Written on a train.", "Written at a desk."]);
  await until(bob, "everything is sent", () => document.querySelector(".line").textContent.includes("everything is sent"));
});

check("what was typed becomes a version that the HTTP API reads", async () => {
  const text = await agree([ada, bob], []);
  const began = Date.now();
  for (;;) {
    const version = await (await asked("ada", `/v1/documents/${paper}`)).json();
    const content = await (await asked("ada", `/v1/documents/${paper}/content`)).text();
    const still = await (await asked("ada", `/v1/documents/${paper}`)).json();
    // The content is asked for after the version: it may be that of the next one.
    if (version.version > 1 && content === text && still.version === version.version) {
      const said = `Saved as version ${version.version}`;
      await until(ada, said, (wanted) => [...document.querySelectorAll(".line")].some((line) => line.textContent.startsWith(wanted)), said);
      break;
    }
    ok(Date.now() - began < 2 * WITHIN, `version ${version.version}: ${JSON.stringify(content)} instead of ${JSON.stringify(text)}`);
    await new Promise((done) => setTimeout(done, 200));
  }
});

check("a viewer reads along and cannot write", async () => {
  const shared = { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify({ role: "viewer" }) };
  ok((await asked("ada", `/v1/documents/${paper}/shares/user:eve`, shared)).ok);
  const eve = await window("eve", `#collaborate/${paper}`, { width: 390, height: 840 });
  await eve.waitForSelector(".editor", { timeout: WITHIN });
  ok((await eve.evaluate(() => document.querySelector(".banner").textContent)).includes("not change it"));
  const before = await agree([ada, eve], ["Written at a desk."]);
  await eve.focus(EDITOR);
  await eve.keyboard.type("Eve was here.");
  await toEnd(ada);
  await ada.keyboard.type(" Quickly.");
  const after = await agree([ada, bob, eve], ["Quickly."]);
  same(after, `${before} Quickly.`);
  await shot(eve, "viewer-phone", { fullPage: true });
  await eve.close();
});

check("whoever may write no more is told, and reads on", async () => {
  const shared = { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify({ role: "viewer" }) };
  ok((await asked("ada", `/v1/documents/${paper}/shares/user:bob`, shared)).ok);
  // The node hears of the change a moment later: what is written before that is still taken.
  await until(bob, "it is told", async (editor) => {
    const ended = document.querySelector(".line").textContent.startsWith("ended");
    if (!ended) document.querySelector(editor).shadowRoot.querySelector(".cm-content").focus();
    return ended || document.execCommand("insertText", false, "x") && false;
  }, ".editor");
  await press(bob, "Try again");
  await until(bob, "it reads", () => document.querySelector(".banner")?.textContent.includes("not change it"));
  await bob.waitForSelector(".editor", { timeout: WITHIN });
  await agree([ada, bob], ["Written at a desk."]);
});

check("the bell counts and shows what comes", async () => {
  await ada.waitForSelector("#bell:not([hidden])", { timeout: WITHIN });
  await ada.click("#bell summary");
  await until(ada, "the inbox", () => document.querySelector(".inbox").childElementCount > 0);
  const unread = () => ada.evaluate(() => Number(document.getElementById("bell-unread").textContent));
  const before = await unread();
  await press(ada, "Send a test notification");
  await until(ada, "it is shown", () => [...document.querySelectorAll(".inbox .unread strong")].some((one) => one.textContent === "A test from the console"));
  // What somebody else did may be told late, and is counted as well.
  await until(ada, "it is counted", (known) => {
    const counted = Number(document.getElementById("bell-unread").textContent);
    return counted > known && counted === document.querySelectorAll(".inbox .unread").length;
  }, before);
  await shot(ada, "bell");
  await press(ada, "Mark all as read");
  await until(ada, "all are read", () => document.getElementById("bell-unread").hidden);
  await ada.keyboard.press("Escape");
});

check("the node's page shows how it is, and a hub can be tried", async () => {
  const page = await window("ada", "#realtime");
  await until(page, "the node is ready", () => [...document.querySelectorAll(".card .state")].some((state) => state.textContent === "ready"));
  await press(page, "Connect");
  await until(page, "it is connected", () => document.querySelector(".log").textContent.includes("connected to notifications"));
  await page.type("input[placeholder=UnreadCount]", "UnreadCount");
  await press(page, "Invoke");
  await until(page, "an answer", () => document.querySelector(".log .result"));
  await until(page, "a pace", () => [...document.querySelectorAll(".figure")].some((figure) => figure.textContent.endsWith("/s")));
  await shot(page, "realtime", { fullPage: true });
  await page.close();
});

check("every page fits a phone", async () => {
  const page = await window("ada", "", { width: 390, height: 840, dark: true });
  for (const [hash, shown] of [["#collaborate", ".scroll td"], [`#collaborate/${paper}`, ".people li"], ["#realtime", ".figure"]]) {
    await page.evaluate((wanted) => { location.hash = wanted; }, hash);
    await page.waitForSelector(`#page ${shown}`, { timeout: WITHIN });
    await until(page, "it fits", () => document.documentElement.scrollWidth <= innerWidth);
    await shot(page, `phone-${hash.slice(1).split("/").length > 1 ? "document" : hash.slice(1)}`, { fullPage: true });
  }
  await page.close();
});

check("no page complained, not even of its own policy", () => same(complaints, []));

await run();
