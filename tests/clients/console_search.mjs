// Search in a real browser: results while one types, narrowed by what is ticked, forgiven, explained, paged and shared by address.
//
// SETTINGS: those of `browser.mjs`. The checks build on one another.

import { check, ok, run, same } from "./checks.mjs";
import { asked, complaints, eventually, fill, fitsTelephone, go, pick, press, pressTwice, says, shot, until, window } from "./browser.mjs";

const MANY = 45;
const TEXTS = [
  ["Greenhouse handbook", "Tomatoes need warmth. Water the tomatoes in the morning.", "text/markdown", ["garden", "guide"]],
  ["Irrigation contract", "The contractor maintains the irrigation pumps of the greenhouse.", "text/plain", ["contract"]],
  ["Minutes of May", "<p>We spoke of tomatoes &amp; prices. Evil: &lt;img src=x onerror=alert(1)&gt; tomatoes</p>", "text/html", ["garden"]],
];

let ada;
let root;

const titles = (page) => page.evaluate(() => [...document.querySelectorAll(".hits h2")].map((one) => one.textContent));
// What is shown until the answer is there was found for what was asked before.
const finds = (page, ...wanted) => until(page, `hits ${wanted.join(", ")}`, (all) => document.querySelector('.hits[aria-busy="false"]') && JSON.stringify([...document.querySelectorAll(".hits h2")].map((one) => one.textContent).sort()) === JSON.stringify([...all].sort()), wanted);
const hits = (page, count) => until(page, `${count} hits`, (wanted) => document.querySelectorAll('.hits[aria-busy="false"] li').length === wanted, count);
/** Waits until a hit has this title. */
const hit = (page, title) => until(page, `the hit ${title}`, (wanted) => [...document.querySelectorAll('.hits[aria-busy="false"] h2')].some((one) => one.textContent === wanted), title);
const BOX = ".search-box input[type=search]";
const types = async (page, text) => {
  await page.focus(BOX);
  await page.evaluate((place) => document.querySelector(place).select(), BOX);
  await page.type(BOX, text);
};
const tick = (page, text) => until(page, `the box ${text}`, (wanted) => {
  const found = document.querySelector('.hits[aria-busy="false"]') && [...document.querySelectorAll(".facets label")].find((label) => label.querySelector("span").textContent === wanted);
  if (found) found.querySelector("input").click();
  return Boolean(found);
}, text);
const facet = (page, text, count) => until(page, `${text}: ${count}`, (wanted, many) => [...document.querySelectorAll(".facets label")].some((label) => label.querySelector("span").textContent === wanted && label.querySelector("small").textContent === many), text, String(count));
const row = (page, ...parts) => until(page, `a row with ${parts.join(", ")}`, (wanted) => [...document.querySelectorAll("#page tbody tr")].some((one) => wanted.every((part) => one.textContent.includes(part))), parts);
const address = (page) => page.evaluate(() => location.hash);

check("results come while one types, with what was found marked and nothing of it markup", async () => {
  await Promise.all([
    ...TEXTS.map(([title, content, content_type, tags]) => asked("ada", "POST", "/v1/documents", { json: { title, content, content_type, tags } })),
    asked("bob", "POST", "/v1/documents", { json: { title: "Tomato prices", content: "tomatoes are dear", content_type: "text/plain", shares: [{ reader: "user:ada", role: "viewer" }] } }),
    asked("bob", "POST", "/v1/documents", { json: { title: "Bob's own", content: "tomatoes of nobody else", content_type: "text/plain" } }),
    ...Array.from({ length: MANY }, (_, at) => asked("ada", "POST", "/v1/documents", { json: { title: `Ledger ${at}`, content: `entry ${at} of the ledger`, content_type: "text/plain", tags: ["ledger"] } })),
  ]);
  await eventually("they are indexed", async () => (await asked("ada", "GET", "/v1/search?q=&limit=1")).json().total.value >= MANY + 4);
  ada = await window("ada", "#search");
  await until(ada, "the box has the keyboard", (place) => document.activeElement === document.querySelector(place), BOX);
  await ada.keyboard.type("tomato");
  await finds(ada, "Greenhouse handbook", "Minutes of May", "Tomato prices");
  same(await ada.evaluate(() => [document.querySelectorAll(".hits mark").length > 2, document.querySelectorAll(".hits img").length]), [true, 0]);
  same(await address(ada), "#search?q=tomato");
  await shot(ada, "search", { fullPage: true });
});

check("what is ticked narrows them, stands in the address, and Back takes it away", async () => {
  await facet(ada, "garden", 2);
  await tick(ada, "garden");
  await finds(ada, "Greenhouse handbook", "Minutes of May");
  await tick(ada, "HTML");
  await finds(ada, "Minutes of May");
  // Of formats it may be one of several: the others still say how many there would be.
  await facet(ada, "Markdown", 1);
  same(await address(ada), "#search?q=tomato&tag=garden&type=text%2Fhtml");
  await ada.goBack();
  await finds(ada, "Greenhouse handbook", "Minutes of May");
  await ada.goBack();
  await finds(ada, "Greenhouse handbook", "Minutes of May", "Tomato prices");
  await tick(ada, "only what others share with me");
  await finds(ada, "Tomato prices");
  const other = await window("ada", "#search?q=tomato&tag=garden&type=text%2Fhtml");
  await finds(other, "Minutes of May");
  same(await other.evaluate((place) => document.querySelector(place).value, BOX), "tomato");
  await other.close();
});

check("typing errors are forgiven and said so", async () => {
  await go(ada, "#search");
  await types(ada, "irigation contrct");
  await says(ada, "typing errors were forgiven");
  await hit(ada, "Irrigation contract");
  await shot(ada, "search-forgiven");
});

check("titles are completed, and chosen by the keyboard", async () => {
  await types(ada, "green");
  await until(ada, "a title", () => document.querySelector(".completions:not([hidden]) li")?.textContent === "Greenhouse handbook");
  await ada.keyboard.press("Escape");
  await until(ada, "it is closed", () => document.querySelector(".completions").hidden && document.querySelector("input[role=combobox]").value === "green");
  await ada.keyboard.type("h");
  await until(ada, "it is open again", () => document.querySelector(".completions:not([hidden]) li"));
  await ada.keyboard.press("ArrowDown");
  await until(ada, "it is chosen", () => document.querySelector("input[role=combobox]").getAttribute("aria-activedescendant") === document.querySelector('.completions [aria-selected="true"]').id);
  await ada.keyboard.press("Enter");
  await until(ada, "it is open", () => document.querySelector(".document-head h1")?.textContent === "Greenhouse handbook");
});

check("further results come as one reads on", async () => {
  await go(ada, "#search?q=ledger&sort=title");
  await until(ada, "the first page", () => document.querySelectorAll('.hits[aria-busy="false"] li').length >= 20);
  await until(ada, "all of them", (many) => { scrollTo(0, document.body.scrollHeight); return document.querySelectorAll(".hits li").length === many; }, MANY);
  same(new Set(await titles(ada)).size, MANY);
  same(await ada.evaluate(() => document.querySelector(".search-line .found").textContent.startsWith("45 documents")), true);
});

check("it is told how a search ran", async () => {
  await go(ada, "#search?q=tomato");
  await hits(ada, 3);
  await ada.evaluate(() => document.querySelector(".ran summary").click());
  await until(ada, "the query", () => document.querySelector(".ran pre")?.textContent.includes("tomato"));
  const facts = await ada.evaluate(() => Object.fromEntries([...document.querySelectorAll(".ran dt")].map((name) => [name.textContent, name.nextSibling.textContent])));
  ok(/hit|miss|bypass/.test(facts.Cache) && /ms$/.test(facts.Platform), JSON.stringify(facts));
  ok(JSON.parse(await ada.evaluate(() => document.querySelector(".ran pre").textContent)), "it is JSON");
  await shot(ada, "search-explained", { fullPage: true });
});

check("it is searched by meaning too", async () => {
  await go(ada, "#search?q=tomato");
  await hits(ada, 3);
  const answered = ada.waitForResponse((response) => response.url().endsWith("/v1/search") && response.request().postData().includes('"hybrid"'));
  await ada.evaluate(() => [...document.querySelectorAll(".search-line label")].find((one) => one.textContent.includes("by meaning too")).querySelector("input").click());
  same((await answered).status(), 200);
  await until(ada, "it is", () => location.hash === "#search?q=tomato&mode=hybrid" && document.querySelectorAll('.hits[aria-busy="false"] li').length >= 3);
  same(await ada.evaluate(() => document.querySelector("#page > div > .fault").textContent), "");
  ok((await titles(ada)).includes("Greenhouse handbook"));
});

check("nothing is found, and it is said what to do", async () => {
  await go(ada, "#search?q=zzzzqqqq&tag=garden");
  await says(ada, "Nothing was found");
  await press(ada, "Take the ticks away");
  await until(ada, "they are away", () => location.hash === "#search?q=zzzzqqqq");
});

check("documents that are alike are shown below one", async () => {
  await go(ada, "#search?q=tomatoes");
  await hits(ada, 3);
  await pick(ada, "Greenhouse handbook", ".hits a");
  await says(ada, "More like this");
});

check("a search is saved, and tells what is new in it", async () => {
  await go(ada, "#search?q=tomatoes&tag=garden");
  await hits(ada, 2);
  await ada.evaluate(() => [...document.querySelectorAll(".search-line summary")].find((one) => one.textContent === "Save this search").click());
  await says(ada, "Of “tomatoes”, tag garden.");
  await fill(ada, "Name", "My tomatoes");
  await fill(ada, "Tell me", "weekly");
  await press(ada, "Save it");
  await says(ada, "It is saved");
  await go(ada, "#search/saved");
  await row(ada, "My tomatoes", "“tomatoes”, tag garden", "once a week");
  for (const title of ["Tomato diary", "Tomato letters"]) await asked("ada", "POST", "/v1/documents", { json: { title, content: "tomatoes again", content_type: "text/plain", tags: ["garden"] } });
  // They are found once they are indexed, and told of once.
  await eventually("they are indexed", async () => (await asked("ada", "GET", "/v1/search?q=tomatoes+again&limit=1")).json().total.value >= 2);
  await press(ada, "Run it now");
  await says(ada, "2 documents are new in My tomatoes.");
  await shot(ada, "search-saved", { fullPage: true });
  await pick(ada, "My tomatoes", "#page tbody a");
  await finds(ada, "Greenhouse handbook", "Minutes of May", "Tomato diary", "Tomato letters");
});

check("the notification of it leads to that search, and nobody else there", async () => {
  await go(ada, "#documents");
  await until(ada, "it is told", () => [...document.querySelectorAll("#bell-panel a")].some((one) => one.textContent === "Open the search"));
  await ada.evaluate(() => document.querySelector("#bell-summary").click());
  const told = await ada.evaluate(() => [...document.querySelectorAll("#bell-panel a")].find((one) => one.textContent === "Open the search").hash);
  ok(/^#search\?saved=[0-9a-f-]{36}$/.test(told), told);
  await ada.evaluate(() => [...document.querySelectorAll("#bell-panel a")].find((one) => one.textContent === "Open the search").click());
  await says(ada, "Your saved search My tomatoes");
  await finds(ada, "Greenhouse handbook", "Minutes of May", "Tomato diary", "Tomato letters");
  same(await address(ada), "#search?q=tomatoes&tag=garden");
  const bob = await window("bob", told, { roles: ["admin"] });
  await says(bob, "There is no such search of yours");
  ok(!(await bob.evaluate(() => document.body.innerText)).includes("My tomatoes"), "not even its name");
  await bob.close();
  await go(ada, "#search/saved");
  await row(ada, "My tomatoes");
  await pressTwice(ada, "Delete", "Really?");
  await says(ada, "No search is saved");
});

check("an administrator says what means the same, and the next searches know", async () => {
  root = await window("root", "#search/synonyms", { roles: ["admin"] });
  await says(root, "None are set yet.");
  await fill(root, "Mean the same: who looks for one finds the others", "irrigation, watering system");
  await fill(root, "Found too, and not the other way round", "k8s");
  await press(root, "Save");
  await until(root, "it is refused at the field", () => document.querySelector('#page textarea[aria-invalid][data-path="one_way"]'));
  await fill(root, "Found too, and not the other way round", "k8s => kubernetes");
  await press(root, "Save");
  await says(root, "Saved.");
  await shot(root, "search-synonyms", { fullPage: true });
  await root.reload();
  await until(root, "they are kept", () => document.querySelectorAll("#page textarea")[1]?.value === "k8s => kubernetes");
  await go(ada, "#search?q=watering+system&sort=title");
  await eventually("the search knows", async () => {
    await press(ada, "Search", ".search-box");
    await until(ada, "an answer", () => document.querySelector('.hits[aria-busy="false"]'));
    return (await titles(ada)).includes("Irrigation contract");
  });
});

check("an administrator sees what is looked for, and nobody else does", async () => {
  await eventually("it is counted", async () => {
    await go(root, "#keys");
    await go(root, "#search/analytics");
    await until(root, "the figures", () => document.querySelector("#page .figures .card"));
    return (await root.evaluate(() => document.getElementById("page").innerText)).includes("zzzzqqqq");
  });
  await row(root, "zzzzqqqq");
  await row(root, "tomatoes");
  const figures = await root.evaluate(() => Object.fromEntries([...document.querySelectorAll("#page .figures .card")].map((one) => [one.firstChild.textContent, one.querySelector(".figure").textContent])));
  ok(Number(figures.searches) > 5 && Number(figures["without results"]) > 0, JSON.stringify(figures));
  await shot(root, "search-analytics", { fullPage: true });
  await go(ada, "#search/analytics");
  await says(ada, "This is for administrators");
});

check("every page fits a telephone, in the dark", async () => {
  await fitsTelephone("ada", ["admin"], [["#search?q=tomato", ".hits li", "search"], ["#search/saved", "h2", "search-saved"], ["#search/synonyms", "h2", "search-synonyms"], ["#search/analytics", "h2", "search-analytics"]]);
});

check("no page complained, not even of its own policy", () => same(complaints, []));

await run();
