// Chromium for scripts that look at the console: windows of people, what is in them, and what is pressed.
//
// SETTINGS: `url` of the emulator, `chromium` the program, `shots` a folder for screenshots.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { SETTINGS, load, within } from "./checks.mjs";

// Its CommonJS entry names only what is in it; the module is imported by its address.
const { default: puppeteer } = await import(pathToFileURL(load.resolve("puppeteer-core")));
const browser = await puppeteer.launch({ executablePath: SETTINGS.chromium, headless: true, args: ["--no-sandbox"] });
process.on("exit", () => browser.process()?.kill("SIGKILL"));

/** Milliseconds for something that happens by itself on a very busy machine. */
export const WITHIN = 60_000;
/** The tenant that all happens in. */
export const TENANT = "acme";

/** What pages complained of. */
export const complaints = [];

/** A window of its own, as somebody. */
export async function window(user, hash, { width = 1280, height = 900, dark = false, roles = [], groups = [] } = {}) {
  const page = await (await browser.createBrowserContext()).newPage();
  page.on("pageerror", (error) => complaints.push(`${user}: ${error.message}`));
  page.on("console", (message) => {
    // A refusal that a check provokes is shown on the page; the browser writes it down as well.
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) complaints.push(`${user}: ${message.text()}`);
  });
  await page.setViewport({ width, height });
  page.setDefaultTimeout(WITHIN);
  if (dark) await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  // A mail's frame has no store.
  await page.evaluateOnNewDocument((kept) => { if (self === top) sessionStorage.setItem("octavo.identity", kept); }, JSON.stringify({ tenant: TENANT, user, roles, groups }));
  await page.goto(`${SETTINGS.url}/${hash}`);
  return page;
}

/** A picture of it, for people. */
export const shot = (page, name, options = {}) => page.screenshot({ path: join(SETTINGS.shots, `${name}.png`), ...options });

/** Waits until `seen` is true in a page or a frame; the error says what was there instead. */
export const until = (page, what, seen, ...all) => within(WITHIN + 1_000, what, page.waitForFunction(seen, { timeout: WITHIN, polling: 50 }, ...all))
  .catch(async (error) => { throw new Error(`${what}: ${error.message}\n${(await page.evaluate(() => (document.getElementById("page") || document.body).innerText)).slice(0, 1_500)}`); });

/** Waits until the page has this text in it. */
export const says = (page, text, within_ = "#page") => until(page, `“${text}” in ${within_}`, (wanted, place) => document.querySelector(place)?.innerText.includes(wanted), text, within_);

/**
 * Waits until `seen` is true, and then does `act`, again until it answers something: between the two the page may have drawn
 * itself anew. The act itself is not within the wait: a browser opens files and windows only for what a person did.
 */
async function act(page, what, seen, does, ...all) {
  for (;;) {
    await until(page, what, seen, ...all);
    const did = await page.evaluate(does, ...all);
    if (did) return did;
  }
}

const isThere = (wanted, where) => [...document.querySelectorAll(`${where} button`)].some((button) => button.textContent.trim() === wanted && button.offsetParent && !button.disabled);

/** Presses the button with this text, in the part of the page that `place` selects. */
export const press = (page, label, place = "body") => act(page, `the button ${label}`, isThere, (wanted, where) => {
  const found = [...document.querySelectorAll(`${where} button`)].find((button) => button.textContent.trim() === wanted && button.offsetParent && !button.disabled);
  if (found) found.click();
  return Boolean(found);
}, label, place);

/** Presses a button that asks again. */
export async function pressTwice(page, label, again, place = "body") {
  // Both at once: a busy machine may take longer from one to the other than the button waits.
  const asked = await act(page, `the button ${label}`, isThere, (wanted, where) => {
    const button = [...document.querySelectorAll(`${where} button`)].find((one) => one.textContent.trim() === wanted && one.offsetParent && !one.disabled);
    if (!button) return null;
    button.click();
    const text = button.textContent.trim();
    button.click();
    return text;
  }, label, place);
  if (asked !== again) throw new Error(`${label} asks ${asked} rather than ${again}`);
}

/** Follows a link within the console. The page hears of it a moment later: what is there afterwards is not the page before. */
export const go = (page, hash) => page.evaluate((wanted) => new Promise((done) => {
  if (new URL(wanted, location.href).hash === location.hash) return done();
  addEventListener("hashchange", () => done(), { once: true });
  location.hash = wanted;
  return null;
}), hash);

/** Presses what `place` selects and has this text in it, once it is there. */
export const pick = (page, text, place) => until(page, `${text} in ${place}`, (wanted, where) => {
  const found = [...document.querySelectorAll(where)].find((one) => one.textContent.includes(wanted) && one.offsetParent);
  if (found) found.click();
  return Boolean(found);
}, text, place);

/** Asks until the answer is true, which it has to be in time however slow each answer is. */
export async function eventually(what, ask) {
  const began = Date.now();
  while (!(await ask())) {
    if (Date.now() - began > WITHIN) throw new Error(`not within ${WITHIN} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** Writes into what has this label, in the part of the page that `place` selects. */
export async function fill(page, label, value, place = "#page") {
  const found = (wanted, where) => [...document.querySelectorAll(`${where} label`)].find((one) => one.firstChild?.textContent?.trim() === wanted && one.offsetParent);
  await act(page, `the field ${label}`, found, (wanted, where, text) => {
    const one = [...document.querySelectorAll(`${where} label`)].find((each) => each.firstChild?.textContent?.trim() === wanted && each.offsetParent);
    if (!one) return false;
    const input = one.querySelector("input, textarea, select");
    input.value = text;
    for (const event of ["input", "change"]) input.dispatchEvent(new Event(event, { bubbles: true }));
    return true;
  }, label, place, value);
}

/** Asks the platform as somebody. `json` is a body. */
export async function asked(user, method, path, { json, body, headers = {}, roles = [], groups = [] } = {}) {
  const who = { method: "POST", headers: { "content-type": "application/json", "x-octavo-console": "1" }, body: JSON.stringify({ tenant: TENANT, user, roles, groups }) };
  const { token } = await (await fetch(`${SETTINGS.url}/_octavo/token`, who)).json();
  const type = json === undefined ? {} : { "content-type": "application/json" };
  const response = await fetch(`${SETTINGS.url}${path}`, { method, body: json === undefined ? body : JSON.stringify(json), headers: { authorization: `Bearer ${token}`, ...type, ...headers } });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  const text = await response.text();
  return { headers: response.headers, text, json: () => JSON.parse(text) };
}

/** The frame of a page whose address has this in it, once it is loaded. */
export async function frame(page, part) {
  const began = Date.now();
  for (;;) {
    const found = page.frames().find((one) => one !== page.mainFrame() && one.url().includes(part));
    if (found && await found.evaluate(() => document.readyState === "complete").catch(() => false)) return found;
    if (Date.now() - began > WITHIN) throw new Error(`no frame ${part} among ${page.frames().map((one) => one.url()).join(", ")}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Waits until a frame shows these texts. Asked from here: a mail's frame runs no scripts, and so nothing that waits within it. */
export async function shows(one, ...texts) {
  const began = Date.now();
  for (;;) {
    const text = await one.evaluate(() => document.body?.innerText ?? "").catch(() => "");
    if (texts.every((wanted) => text.includes(wanted))) return;
    if (Date.now() - began > WITHIN) throw new Error(`no ${texts.join(", ")} in ${text}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Every page fits a telephone, in the dark: `[hash, what is there once it is drawn, name of the picture]`. */
export async function fitsTelephone(user, roles, pages) {
  const page = await window(user, "#overview", { width: 390, height: 840, dark: true, roles });
  for (const [hash, shown, name] of pages) {
    await go(page, hash);
    await page.waitForSelector(`#page ${shown}`, { timeout: WITHIN });
    await until(page, `${hash} fits`, () => document.documentElement.scrollWidth <= innerWidth);
    await shot(page, `phone-${name}`, { fullPage: true });
  }
  await page.close();
}
