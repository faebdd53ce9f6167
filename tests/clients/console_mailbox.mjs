// The mailbox in a real browser: what was sent by every channel, as those who got it see it; what providers say of it later.
//
// SETTINGS: those of `browser.mjs`, and `fakes`, the address of the fake providers. The checks build on one another.

import { SETTINGS, check, ok, run, same } from "./checks.mjs";
import { asked, complaints, eventually, fill, frame, go, pick, press, pressTwice, says, shot, shows, until, window } from "./browser.mjs";

const ADMIN = { roles: ["admin"] };

let ada;

const letters = (page, count) => until(page, `${count} letters`, (wanted) => document.querySelectorAll(".letters button").length === wanted, count);
const letter = (page, text) => until(page, `the letter ${text}`, (wanted) => [...document.querySelectorAll(".letters button")].some((one) => one.textContent.includes(wanted)), text);
const read = async (page, text) => {
  await pick(page, text, ".letters button");
  await until(page, "it is shown", (wanted) => document.querySelector(".letters [aria-current]")?.textContent.includes(wanted) && document.querySelector(".letter h3"), text);
};
const row = (page, ...parts) => until(page, `a row with ${parts.join(", ")}`, (wanted) => [...document.querySelectorAll("#page tbody tr")].some((one) => wanted.every((part) => one.textContent.includes(part))), parts);
const send = (recipients, title, more = {}) => asked("root", "POST", "/v1/notifications", { ...ADMIN, json: { category: "announcement", recipients, data: { title, text: "Said <i>in</i> a test." }, ...more } });
const mail = (address) => ({ to: "address", channel: "email", address });

check("what is sent is seen at once, by its channel", async () => {
  ada = await window("ada", "#mailbox", ADMIN);
  await says(ada, "Nothing was sent yet.");
  for (const [name, target] of [["crm", { kind: "webhook", url: `${SETTINGS.fakes}/webhook/crm` }], ["chat", { kind: "slack", url: `${SETTINGS.fakes}/services/T1/B1/secret` }], ["pager", { kind: "pagerduty", routing_key: "0123456789abcdef0123456789abcdef" }]]) {
    await asked("root", "PUT", `/v1/notification-targets/${name}`, { ...ADMIN, json: target });
  }
  await send([mail("one@acme.example"), mail("two@acme.example"), { to: "address", channel: "sms", address: "+4366012345678" }, ...["crm", "chat", "pager"].map((target) => ({ to: "target", target }))], "The press <b>is</b> broken");
  await letters(ada, 2);
  for (const [tab, provider, text] of [["Telephone", "twilio", "The press <b>is</b> broken"], ["Webhooks", "webhook", "crm"], ["Chat", "slack", "The press &lt;b&gt;is&lt;/b&gt; broken"], ["Pager", "pagerduty", "The press <b>is</b> broken"]]) {
    await press(ada, tab, ".tabs");
    await read(ada, `by ${provider}`);
    await letters(ada, 1);
    await until(ada, `what came by ${tab}`, (wanted) => document.querySelector(".letter")?.textContent.includes(wanted), text);
    await shot(ada, `mailbox-${tab.toLowerCase()}`, { fullPage: true });
  }
  await press(ada, "Everything", ".tabs");
  await letters(ada, 6);
});

check("a mail is seen as its reader sees it, as text and as it came", async () => {
  await press(ada, "Mail", ".tabs");
  await letters(ada, 2);
  await ada.type('input[aria-label="To"]', "one@");
  await letters(ada, 1);
  await read(ada, "one@acme.example");
  const shown = await frame(ada, "/console/mail/");
  await shows(shown, "Said <i>in</i> a test.");
  same(await shown.evaluate(() => [document.querySelectorAll("script").length, document.compatMode, document.querySelector("base").target]), [0, "CSS1Compat", "_blank"]);
  await press(ada, "As text", ".letter");
  await until(ada, "the text", () => document.querySelector(".letter pre")?.textContent.includes("Said <i>in</i> a test."));
  await press(ada, "As it came", ".letter");
  await until(ada, "what came", () => /^Content-Type: multipart\/alternative/im.test(document.querySelector(".letter pre")?.textContent));
  await press(ada, "Headers", ".letter");
  await until(ada, "the headers", () => /^Message-ID: /im.test(document.querySelector(".letter pre")?.textContent));
  same(await ada.evaluate(() => document.querySelectorAll("#page .letters b b").length), 0);
});

check("a provider that refuses is passed over; what bounces at the next is known of and suppressed", async () => {
  await ada.evaluate(() => { const to = document.querySelector('input[aria-label="To"]'); to.value = ""; to.dispatchEvent(new Event("input")); });
  await fill(ada, "Provider", "smtp", "form");
  await fill(ada, "To", "gone@acme.example", "form");
  await fill(ada, "Status", "451", "form");
  await press(ada, "Add");
  await row(ada, "smtp", "gone@acme.example", "is refused");
  await fill(ada, "Provider", "sendgrid", "form");
  await fill(ada, "What is sent", "quiet", "form");
  await press(ada, "Add");
  await row(ada, "sendgrid", "is not told of later");
  await send([mail("gone@acme.example")], "To who left");
  await press(ada, "Refused", ".tabs");
  await letter(ada, "by smtp");
  await press(ada, "Mail", ".tabs");
  await letter(ada, "by sendgrid");
  await row(ada, "smtp", "1");
  await read(ada, "by sendgrid");
  await press(ada, "It bounced", ".letter");
  await until(ada, "it says so", () => document.querySelector(".letter .members")?.textContent.includes("bounced"));
  await until(ada, "the function was told", () => [...document.querySelectorAll(".letter summary")].some((one) => one.textContent.includes("callback")));
  await shot(ada, "mailbox-bounced", { fullPage: true });
  // It is known once the callback was worked, which the page is not told.
  await eventually("it is suppressed", async () => (await asked("root", "GET", "/v1/notification-suppressions", ADMIN)).text.includes("gone@acme.example"));
  await go(ada, "#notifications/suppressions");
  await row(ada, "gone@acme.example", "it bounced");
  await send([mail("gone@acme.example")], "Once more");
  await go(ada, "#notifications/sent");
  await row(ada, "gone@acme.example", "the address is suppressed");
});

check("it is emptied by a second press", async () => {
  await go(ada, "#mailbox");
  await letter(ada, "two@acme.example");
  await pressTwice(ada, "Empty it", "Really empty it?");
  await says(ada, "Nothing was sent yet.");
  const left = await ada.evaluate(() => document.querySelector(".letter").textContent);
  ok(left.startsWith("Nothing is chosen") && !left.includes("@"), left);
});

check("no page complained, not even of its own policy", () => same(complaints, []));

await run();
