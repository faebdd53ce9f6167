// Notifications in a real browser: what people chose has effect, templates look as they are set, what failed is sent again.
//
// SETTINGS: those of `browser.mjs`. The checks build on one another.

import { check, ok, run, same } from "./checks.mjs";
import { complaints, fill, fitsTelephone, frame, go, pick, press, pressTwice, says, shot, shows, until, window } from "./browser.mjs";

let ada;

/** The row of a table that has this in it, once it has. */
const row = (page, ...parts) => until(page, `a row with ${parts.join(", ")}`, (wanted) => [...document.querySelectorAll("#page tbody tr")].some((one) => wanted.every((part) => one.textContent.includes(part))), parts);
const letter = (page, subject) => until(page, `the letter ${subject}`, (wanted) => [...document.querySelectorAll(".letters button")].some((one) => one.textContent.includes(wanted)), subject);
const read = (page, subject) => pick(page, subject, ".letters button");
/** Presses the button of a row that has this text in it, and again where it asks for that: both at once, for it does not wait for long. */
const pressRow = (page, text, again) => until(page, `the button of ${text}`, (wanted, asks) => {
  const button = [...document.querySelectorAll("#page tbody tr")].find((one) => one.textContent.includes(wanted))?.querySelector("button");
  if (!button) return false;
  button.click();
  if (asks && button.textContent === asks) button.click();
  return true;
}, text, again ?? null);

check("an administrator says where people are reached", async () => {
  ada = await window("ada", "#notifications/people", { roles: ["admin"] });
  await says(ada, "nobody is known yet");
  await fill(ada, "User", "ada");
  await fill(ada, "Name", "Ada Lovelace");
  await fill(ada, "Mail address", "no address");
  await press(ada, "Set");
  await until(ada, "the refusal at its field", () => [...document.querySelectorAll("#page [aria-invalid]")].some((input) => input.value === "no address"));
  await fill(ada, "Mail address", "ada@acme.example");
  await fill(ada, "Telephone number", "+4366012345678");
  await fill(ada, "Time zone", "Europe/Vienna");
  await fill(ada, "Groups", "legal, board");
  await press(ada, "Set");
  await row(ada, "ada@acme.example", "Europe/Vienna", "board, legal");
  await shot(ada, "notification-people", { fullPage: true });
});

check("how messages look is set for the tenant", async () => {
  await go(ada, "#notifications/settings");
  await fill(ada, "What the product is called", "Acme Papers");
  await fill(ada, "Colour", "blue");
  await press(ada, "Save");
  await until(ada, "the refusal at its field", () => [...document.querySelectorAll("#page [aria-invalid]")].some((input) => input.value === "blue"));
  await fill(ada, "Colour", "#7a1f5c");
  await fill(ada, "Below every mail", "Acme Ltd, 1 Main Street");
  await press(ada, "Add a category");
  await fill(ada, "Category", "invoice.*");
  await fill(ada, "At most so many to one person", "20");
  await press(ada, "Save");
  await says(ada, "Saved.");
  await ada.reload();
  await until(ada, "it is kept", () => [...document.querySelectorAll("#page input")].some((input) => input.value === "Acme Papers") && [...document.querySelectorAll("#page input")].some((input) => input.value === "invoice.*"));
  await shot(ada, "notification-settings", { fullPage: true });
});

check("a template is written in the tenant's words, and seen as it will look meanwhile", async () => {
  await go(ada, "#notifications/templates");
  await row(ada, "approval.requested", "de", "en");
  await shot(ada, "notification-templates", { fullPage: true });
  await go(ada, "#notifications/template/approval.requested/en");
  await shows(await frame(ada, "/console/preview/"), "Acme Papers", "Acme Ltd, 1 Main Street");
  await fill(ada, "Subject of the mail", "{{ title");
  await until(ada, "what is wrong with it", () => [...document.querySelectorAll("#page .fault")].some((one) => one.textContent.includes("subject")));
  await shot(ada, "notification-template-wrong", { fullPage: true });
  await fill(ada, "Subject of the mail", "Please decide: {{ title }}");
  await until(ada, "the new subject", () => document.querySelector("#page aside h3")?.textContent === "Please decide: Supply contract 2027");
  ok(await ada.evaluate(() => [...document.querySelectorAll("#page [aria-invalid]")].length === 0));
  await shot(ada, "notification-template", { fullPage: true });
  await press(ada, "Telephone", "#page aside");
  await until(ada, "the text message", () => document.querySelector("#page .phone")?.innerText.includes("Acme Papers"));
  await press(ada, "Save");
  await says(ada, "revision 1");
});

check("a test mail arrives, and looks so", async () => {
  await press(ada, "Send me a test mail");
  await says(ada, "It is on its way to you");
  await go(ada, "#mailbox");
  await letter(ada, "Please decide: Supply contract 2027");
  await read(ada, "Please decide");
  await shows(await frame(ada, "/console/mail/"), "Acme Papers", "Supply contract 2027");
  await shot(ada, "notification-test", { fullPage: true });
});

/** Sends by the form; the list is then that of its messages. */
async function sent(page, kind, whom, title, urgency = "normal") {
  await go(page, "#notifications");
  await go(page, "#notifications/sent");
  await fill(page, "To", kind);
  await fill(page, "Which", whom);
  await fill(page, "Urgency", urgency);
  await fill(page, "Title", title);
  await fill(page, "Text", "Said in a test.");
  await press(page, "Send it");
  await says(page, "These are the messages of what was sent just now.");
}

check("what somebody chose has effect", async () => {
  await go(ada, "#notifications");
  await until(ada, "the table", () => document.querySelectorAll(".choices-table tbody tr").length >= 8);
  ok(await ada.evaluate(() => [...document.querySelectorAll(".choices-table tr")].some((one) => one.textContent.includes("Security") && one.textContent.includes("always"))), "what is mandatory is fixed");
  await ada.evaluate(() => {
    const select = document.querySelector('[aria-label="Everything else: Mail"]');
    select.value = "off";
  });
  await press(ada, "Add quiet hours");
  await press(ada, "Save", ".choices-table, form:has(.choices-table)");
  await says(ada, "Saved.");
  await shot(ada, "notification-mine", { fullPage: true });
  await sent(ada, "user", "ada", "The office is closed");
  await row(ada, "announcement", "Inbox", "arrived");
  await row(ada, "announcement", "Mail", "not sent", "the recipient does not want it");
  await until(ada, "the bell", () => document.getElementById("bell-panel").textContent.includes("The office is closed"));
  await shot(ada, "notification-sent", { fullPage: true });
});

check("what is urgent goes to the telephone too", async () => {
  await sent(ada, "user", "ada", "The house is on fire", "urgent");
  await row(ada, "Telephone");
  await go(ada, "#mailbox");
  await press(ada, "Telephone");
  await until(ada, "the text message", () => [...document.querySelectorAll(".letters button")].some((one) => one.textContent.includes("The house is on fire")));
  await read(ada, "The house is on fire");
  await until(ada, "the telephone", () => document.querySelector(".letter .phone")?.textContent.includes("The house is on fire"));
  await shot(ada, "mailbox-telephone", { fullPage: true });
});

check("what no provider takes is a dead letter, and is sent again by hand", async () => {
  await go(ada, "#mailbox");
  // Each in its own words for good: a mail server's policy, the others' bad request.
  for (const [provider, status, code] of [["smtp", "550", "5.7.1"], ["*", "400", ""]]) {
    await fill(ada, "Provider", provider, "form");
    await fill(ada, "To", "*@gone.example", "form");
    await fill(ada, "Status", status, "form");
    await fill(ada, "Code", code, "form");
    await press(ada, "Add");
    await row(ada, provider === "*" ? "all" : provider, "*@gone.example", "is refused");
  }
  await sent(ada, "email", "x@gone.example", "To nobody");
  await row(ada, "x@gone.example", "failed");
  await go(ada, "#notifications");
  await go(ada, "#notifications/sent");
  await until(ada, "it comes first", () => [...document.querySelectorAll(".tabs button")].find((one) => one.textContent === "Needs somebody")?.getAttribute("aria-pressed") === "true");
  await row(ada, "x@gone.example", "failed");
  await until(ada, "its page", () => {
    const found = [...document.querySelectorAll("#page tbody tr")].find((one) => one.textContent.includes("x@gone.example"))?.querySelector("a");
    if (found) found.click();
    return Boolean(found);
  });
  await until(ada, "its tries", () => [...document.querySelectorAll("#page tbody tr")].some((one) => one.textContent.includes("smtp")));
  await shot(ada, "notification-message", { fullPage: true });
  const message = await ada.evaluate(() => location.hash);
  await go(ada, "#mailbox");
  await row(ada, "*@gone.example");
  for (const provider of ["all", "smtp"]) {
    await row(ada, provider, "*@gone.example");
    await pressRow(ada, `${provider}*@gone.example`);
    await until(ada, "it is gone", (wanted) => ![...document.querySelectorAll("#page tbody tr")].some((one) => one.textContent.startsWith(wanted)), provider);
  }
  await go(ada, message);
  await press(ada, "Send it again");
  await until(ada, "it is sent", () => /^(sent|arrived)$/.test(document.querySelector("#page .facts-line .state")?.textContent));
  await go(ada, "#mailbox");
  await letter(ada, "To nobody");
});

check("an address is suppressed, and told again", async () => {
  await go(ada, "#notifications/suppressions");
  await fill(ada, "Address", "quiet@acme.example");
  await fill(ada, "Why", "they asked by telephone");
  await press(ada, "Suppress it");
  await row(ada, "quiet@acme.example", "somebody said so");
  await shot(ada, "notification-suppressions", { fullPage: true });
  await sent(ada, "email", "quiet@acme.example", "Not wanted");
  await row(ada, "quiet@acme.example", "not sent", "the address is suppressed");
  await go(ada, "#notifications/suppressions");
  await row(ada, "quiet@acme.example");
  await pressRow(ada, "quiet@acme.example", "Really tell it again?");
  await until(ada, "it is gone", () => ![...document.querySelectorAll("#page tbody tr")].some((one) => one.textContent.includes("quiet@acme.example")));
});

check("a webhook's secret is shown once", async () => {
  await go(ada, "#notifications/targets");
  await fill(ada, "Name", "crm");
  await fill(ada, "Address", "https://crm.acme.example/hooks");
  await press(ada, "Set");
  await until(ada, "the secret", () => /whsec_\S{32}/.test(document.getElementById("page").textContent));
  await row(ada, "crm", "Webhook", "https://crm.acme.example/hooks", "is told");
  await shot(ada, "notification-targets", { fullPage: true });
  await ada.reload();
  await row(ada, "crm");
  ok(!(await ada.evaluate(() => document.getElementById("page").textContent)).includes("whsec_"));
  await pressTwice(ada, "Delete", "Really delete it?");
  await says(ada, "no targets yet");
});

check("the platform's words hold again once the tenant's are taken back", async () => {
  await go(ada, "#notifications/template/approval.requested/en");
  await says(ada, "revision 1");
  await pressTwice(ada, "Say it in the platform’s words again", "Really forget your words?");
  await says(ada, "In the platform’s words so far.");
  await until(ada, "the platform's subject", () => document.querySelector("#page aside h3")?.textContent === "Approval wanted: Supply contract 2027");
});

check("who is no administrator sets what is theirs", async () => {
  const eve = await window("eve", "#notifications/settings");
  await says(eve, "it needs the role admin");
  await go(eve, "#notifications");
  await fill(eve, "Name", "Eve");
  await fill(eve, "Language", "de");
  await press(eve, "Save", "section:has(datalist)");
  await says(eve, "Saved.");
  await eve.reload();
  await until(eve, "it is kept", () => [...document.querySelectorAll("#page input")].some((input) => input.value === "Eve"));
  await eve.close();
});

check("every page fits a telephone, in the dark", async () => {
  await fitsTelephone("ada", ["admin"], [["#notifications", ".choices-table", "notifications"], ["#notifications/sent", "tbody tr", "notification-sent"], ["#notifications/templates", "tbody tr", "notification-templates"],
    ["#notifications/template/approval.requested/en", "iframe", "notification-template"], ["#notifications/targets", ".empty", "notification-targets"], ["#notifications/people", "tbody tr", "notification-people"],
    ["#notifications/suppressions", ".empty, #page tbody tr", "notification-suppressions"], ["#notifications/settings", "fieldset", "notification-settings"], ["#mailbox", ".letters button", "mailbox"]]);
});

check("no page complained, not even of its own policy", () => same(complaints, []));

await run();
