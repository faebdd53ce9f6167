// What holds for every page of the console: it is reached, by keyboard too; its text can be read on its ground, light and dark; it
// fits a desk and a telephone; and it complains of nothing.
//
// SETTINGS: those of `browser.mjs`. The checks build on one another.

import { SETTINGS, check, ok, run, same } from "./checks.mjs";
import { complaints, fill, go, press, says, shot, until, window } from "./browser.mjs";

/** WCAG's AA for text, and for what is large or bold and large. */
const [CONTRAST, CONTRAST_LARGE] = [4.5, 3];
/** Milliseconds for what a page asks for after it is drawn. */
const SETTLED = 350;

let ada;

/** Texts on the page whose contrast with what is behind them is too small. */
const faint = (page) => page.evaluate((normal, large) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const parsed = new Map();
  const rgba = (text) => {
    if (!parsed.has(text)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      parsed.set(text, [r, g, b, a / 255]);
    }
    return parsed.get(text);
  };
  const over = ([r, g, b, a], ground) => [r, g, b].map((part, at) => part * a + ground[at] * (1 - a));
  const ground = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const layer = rgba(getComputedStyle(at).backgroundColor);
      layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const light = (colour) => colour.map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4).reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || !node.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || node.closest(".hidden-label, svg, noscript, option, :disabled, .skip, .editor")) continue;
    const style = getComputedStyle(node);
    const behind = ground(node);
    const [one, other] = [light(over(rgba(style.color), behind)), light(behind)];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const size = parseFloat(style.fontSize);
    const wanted = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? large : normal;
    if (ratio < wanted) found.push(`${text.data.trim().slice(0, 40)} (${node.tagName.toLowerCase()}.${node.className}): ${ratio.toFixed(2)}`);
  }
  return [...new Set(found)];
}, CONTRAST, CONTRAST_LARGE);

/** What has no name for who does not see it. */
const nameless = (page) => page.evaluate(() => [...document.querySelectorAll("button, a, input, select, textarea, iframe, [role=img]")].filter((node) => node.checkVisibility() && !node.closest(".editor")).filter((node) => {
  const named = node.getAttribute("aria-label") || node.title || (node.getAttribute("aria-labelledby") && document.getElementById(node.getAttribute("aria-labelledby"))?.textContent);
  const label = node.labels && [...node.labels].some((one) => one.textContent.trim());
  return !(named || label || node.textContent.trim());
}).map((node) => node.outerHTML.slice(0, 120)));

const pagesOf = async (page) => {
  await until(page, "a page", () => document.querySelector("#page h1"));
  return page.evaluate(() => [...document.querySelectorAll("#pages a")].map((one) => one.getAttribute("href")));
};
const settled = async (page, hash) => {
  await go(page, hash);
  await until(page, `${hash} is open`, (wanted) => document.querySelector('#pages [aria-current="page"]')?.getAttribute("href") === wanted && document.querySelector("#page > div").childElementCount > 0, hash);
  await new Promise((done) => setTimeout(done, SETTLED));
};

check("pages are found in groups, beside the page", async () => {
  ada = await window("ada", "", { roles: ["admin", "operator"] });
  await until(ada, "a page", () => document.querySelector("#page h1"));
  const groups = await ada.evaluate(() => [...document.querySelectorAll("#pages h2")].map((one) => one.textContent));
  same(groups, ["Product", "Platform", "Administration"]);
  ok((await pagesOf(ada)).length >= 17);
});

check("every page has a name for everything, can be read and fits a desk", async () => {
  const trouble = {};
  for (const hash of await pagesOf(ada)) {
    await settled(ada, hash);
    const wide = await ada.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    const found = [...(await faint(ada)), ...(await nameless(ada)), ...(wide > 0 ? [`${wide} pixels too wide`] : [])];
    if (found.length) trouble[hash] = found;
    await shot(ada, `page-${hash.slice(1)}`);
  }
  same(trouble, {});
});

check("and a telephone in the dark", async () => {
  const phone = await window("ada", "", { width: 390, height: 840, dark: true, roles: ["admin", "operator"] });
  const trouble = {};
  for (const hash of await pagesOf(phone)) {
    await settled(phone, hash);
    const wide = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    const found = [...(await faint(phone)), ...(wide > 0 ? [`${wide} pixels too wide`] : [])];
    if (found.length) trouble[hash] = found;
    await shot(phone, `phone-page-${hash.slice(1)}`);
  }
  same(trouble, {});
  // The list of pages is a drawer there.
  const out = () => phone.evaluate(() => [getComputedStyle(document.getElementById("side")).visibility, document.getElementById("menu").getAttribute("aria-expanded")]);
  same(await out(), ["hidden", "false"]);
  await phone.click("#menu");
  await until(phone, "it is out", () => document.getElementById("side").contains(document.activeElement));
  await new Promise((done) => setTimeout(done, 250));
  await shot(phone, "phone-drawer");
  await phone.keyboard.press("Escape");
  await until(phone, "it is in, and the keyboard back", () => document.activeElement.id === "menu" && getComputedStyle(document.getElementById("side")).visibility === "hidden");
  await phone.click("#menu");
  await phone.evaluate(() => document.querySelector('#pages a[href="#keys"]').click());
  await until(phone, "the page", () => document.querySelector("#page h1").textContent === "API keys" && document.getElementById("menu").getAttribute("aria-expanded") === "false");
  await phone.close();
});

check("the keyboard goes to the page, to the search and away from what hangs over it", async () => {
  await settled(ada, "#settings");
  await ada.reload();
  await says(ada, "Who I am");
  await ada.keyboard.press("Tab");
  same(await ada.evaluate(() => [document.activeElement.textContent, document.activeElement.getBoundingClientRect().left >= 0]), ["Skip to the page", true]);
  await ada.keyboard.press("Enter");
  await until(ada, "the page has the keyboard", () => document.activeElement.id === "page" && document.querySelector("#page h1").textContent === "Settings");
  await ada.keyboard.press("/");
  await until(ada, "the search has it", () => document.activeElement.matches("#find input"));
  await ada.keyboard.type("plan & more");
  await ada.keyboard.press("Enter");
  await until(ada, "the search", () => location.hash === "#search?q=plan+%26+more" && document.querySelector(".search-box input").value === "plan & more");
  await ada.click("#identity summary");
  await until(ada, "the panel", () => document.getElementById("identity").open);
  await ada.keyboard.press("Escape");
  await until(ada, "it is closed", () => !document.getElementById("identity").open && document.activeElement.matches("#identity summary"));
});

check("a page that is not is the first one; Back comes back", async () => {
  await settled(ada, "#keys");
  await go(ada, "#no-such-page");
  await until(ada, "the first page", () => document.querySelector("#pages [aria-current]") === document.querySelector("#pages a"));
  await ada.goBack();
  await until(ada, "the page before", () => document.querySelector("#page h1").textContent === "API keys");
});

check("a token is made for anybody and does what it says", async () => {
  await go(ada, "#tokens");
  await fill(ada, "Tenant", "another");
  await fill(ada, "User", "eve");
  await fill(ada, "Groups, with commas", "legal, sales");
  await fill(ada, "Good for", "300");
  await press(ada, "Make a token");
  await until(ada, "the token", () => document.getElementById("token"));
  const { token, claims, line } = await ada.evaluate(() => ({ token: document.getElementById("token").textContent, claims: JSON.parse([...document.querySelectorAll("#page pre")].at(-1).textContent), line: [...document.querySelectorAll("#page pre")].find((one) => one.textContent.startsWith("curl")).textContent }));
  ok(claims.exp - claims.iat === 300, JSON.stringify(claims));
  ok(line.includes(token) && line.includes(`${SETTINGS.url}/v1/documents`), line);
  const answer = await fetch(`${SETTINGS.url}/v1/documents`, { headers: { authorization: `Bearer ${token}` } });
  same([answer.status, (await answer.json()).documents], [200, []]);
  await shot(ada, "tokens", { fullPage: true });
  await fill(ada, "User", "no body");
  await press(ada, "Make a token");
  await until(ada, "it is refused", () => [...document.querySelectorAll("#page .fault")].some((one) => one.textContent) && !document.getElementById("token"));
});

check("settings say what runs, and the colours are kept", async () => {
  await go(ada, "#settings");
  await says(ada, "How it was started");
  await says(ada, "the emulator's own");
  await press(ada, "dark");
  const ground = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground(ada);
  await shot(ada, "settings-dark", { fullPage: true });
  await ada.reload();
  await says(ada, "How it was started");
  same([await ground(ada), await ada.evaluate(() => document.documentElement.dataset.theme)], [dark, "dark"]);
  await press(ada, "as this machine");
  ok((await ground(ada)) !== dark, "the machine is light");
});

check("what a model says is laid out, and nothing of it is markup", async () => {
  await go(ada, "#assistant");
  await until(ada, "the models", () => document.querySelector(".composer select option"));
  const text = ["echo: ## Frost", "", "Nights are **cold**, `-4`, and [told](https://example.com/a).", "", "- one", "- two", "", "| where | how cold |", "|---|---:|", "| Sulmbach | 4 |", "", "<img src=x onerror=alert(1)> [never](javascript:alert(1))"].join("\n");
  await ada.evaluate((wanted) => { document.querySelector(".composer textarea").value = wanted; }, text);
  await press(ada, "Send");
  await until(ada, "the answer", () => document.querySelector(".turn:not(.asked) .said table td.number") && !document.querySelector(".turn.writing"));
  const seen = await ada.evaluate(() => {
    const said = document.querySelector(".turn:not(.asked) .said");
    const texts = (wanted) => [...said.querySelectorAll(wanted)].map((one) => one.textContent);
    const link = said.querySelector("a");
    return { heading: texts(".level-2"), strong: texts("strong"), code: texts("code"), items: texts("li"), cells: texts("td"), link: [link.href, link.rel, link.target], links: said.querySelectorAll("a").length, images: said.querySelectorAll("img").length, text: said.textContent };
  });
  same([seen.heading, seen.strong, seen.code, seen.items, seen.cells], [["Frost"], ["cold"], ["-4"], ["one", "two"], ["Sulmbach", "4"]]);
  same([seen.link, seen.links, seen.images], [["https://example.com/a", "noopener noreferrer", "_blank"], 1, 0]);
  ok(seen.text.includes("<img src=x onerror=alert(1)> never"), seen.text);
  await shot(ada, "assistant-laid-out", { fullPage: true });
});

check("no page complained, not even of its own policy", () => same(complaints, []));

await run();
