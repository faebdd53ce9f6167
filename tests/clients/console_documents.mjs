// Documents in a real browser: files are dropped and chosen, read, compared, shared, called otherwise, deleted and taken back.
//
// SETTINGS: those of `browser.mjs`. The checks build on one another.

import { deflateRawSync } from "node:zlib";
import { check, ok, run, same } from "./checks.mjs";
import { WITHIN, asked, complaints, fill, fitsTelephone, frame, go, press, pressTwice, says, shot, shows, until, window } from "./browser.mjs";

const FIRST = "# Harvest plan\n\nThe **north** field comes first.\n\n- barley\n- oats\n  1. early\n  2. late\n\n| field | tons |\n|---|---:|\n| north | 12 |\n\n```\nplain <b>code</b>\n```\n\n<script>window.bad = 1</script>\n\nSee [the map](https://maps.example/a) and [a trap](javascript:alert(1)).\n";
const SECOND = FIRST.replace("The **north** field comes first.", "The **south** field comes first.\nThen the hill.").replace("- oats", "- rye");

let ada;
let bob;
let plan;

/** A PDF of one page with this text. */
function pdf(text) {
  const stream = `BT /F1 24 Tf 72 700 Td (${text}) Tj ET`;
  const objects = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>", `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"];
  let file = "%PDF-1.4\n";
  const starts = objects.map((object, at) => { const start = file.length; file += `${at + 1} 0 obj\n${object}\nendobj\n`; return start; });
  const xref = file.length;
  return `${file}xref\n0 6\n0000000000 65535 f \n${starts.map((start) => `${String(start).padStart(10, "0")} 00000 n \n`).join("")}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n${xref}\n%%EOF\n`;
}

const CRC = Array.from({ length: 256 }, (_, at) => { let value = at; for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1; return value >>> 0; });
const crc32 = (bytes) => (bytes.reduce((sum, byte) => CRC[(sum ^ byte) & 0xff] ^ (sum >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;

/** A ZIP of these files, each compressed. */
function zip(files) {
  const parts = [];
  const entries = [];
  let offset = 0;
  for (const [name, text] of files) {
    const [raw, title] = [Buffer.from(text), Buffer.from(name)];
    const packed = deflateRawSync(raw);
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt16LE(8, 4);
    about.writeUInt32LE(crc32(raw), 10);
    about.writeUInt32LE(packed.length, 14);
    about.writeUInt32LE(raw.length, 18);
    about.writeUInt16LE(title.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), about, title, packed]);
    const [made, tail] = [Buffer.from([20, 0]), Buffer.alloc(14)];
    tail.writeUInt32LE(offset, 10);
    entries.push(Buffer.concat([Buffer.from("PK\x01\x02", "latin1"), made, about, tail, title]));
    parts.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, directory, end]);
}

function word(...paragraphs) {
  const body = paragraphs.map((text) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`).join("");
  return zip([
    ["[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'],
    ["_rels/.rels", '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'],
    ["word/document.xml", `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${body}</w:body></w:document>`],
  ]);
}

/** Drops files onto the page, as a desktop does: `[name, type, content]`, the content in Base64. */
const drop = (page, files) => page.evaluate((all) => {
  const carried = new DataTransfer();
  for (const [name, type, content, repeat] of all) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    carried.items.add(new File(Array(repeat || 1).fill(bytes), name, { type }));
  }
  const place = document.querySelector("#page table, #page .nothing") || document.querySelector("#page .drop");
  for (const kind of ["dragenter", "dragover", "drop"]) place.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }));
}, files.map(([name, type, content, repeat]) => [name, type, Buffer.from(content).toString("base64"), repeat]));

const upload = (page, name, text) => until(page, `the upload of ${name}: ${text}`, (file, wanted) => [...document.querySelectorAll(".uploads li")].some((one) => one.querySelector(".upload-name span").textContent === file && one.lastChild.textContent.includes(wanted)), name, text);
const row = (page, ...parts) => until(page, `a row with ${parts.join(", ")}`, (wanted) => [...document.querySelectorAll("#page tbody tr")].some((one) => wanted.every((part) => one.textContent.includes(part))), parts);
const rows = (page, count) => until(page, `${count} rows`, (wanted) => document.querySelectorAll("#page tbody tr").length === wanted, count);
const follow = async (page, title) => {
  await row(page, title);
  await page.evaluate((wanted) => [...document.querySelectorAll("#page tbody a")].find((link) => link.textContent === wanted).click(), title);
  await until(page, `${title} is open`, (wanted) => document.querySelector(".document-head h1")?.textContent === wanted, title);
};
const side = (page, name) => page.evaluate((wanted) => [...document.querySelectorAll("#page nav.below a")].find((link) => link.textContent === wanted).click(), name);
const idOf = (page) => page.evaluate(() => location.hash.split("/")[1]);

check("files that are dropped become documents, each by itself, and what is not taken is refused by name", async () => {
  ada = await window("ada", "#documents");
  await says(ada, "No documents yet");
  await fill(ada, "Tags for them", "farm, 2026");
  await drop(ada, [
    ["harvest.md", "text/markdown", FIRST], ["page.html", "text/html", "<!doctype html><title>Prices</title><style>p{color:red}</style><script>parent.bad=1</script><p>Barley is dear</p>"],
    ["notes.txt", "text/plain", "  indented\nand kept"], ["lease.pdf", "application/pdf", pdf("The lease ends in May")], ["letter.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", word("Dear Bob,", "the barn is yours &amp; mine.")],
    ["barn.png", "image/png", "\x89PNG\r\n\x1a\n"], ["large.txt", "text/plain", "x".repeat(1024), 4097],
  ]);
  await upload(ada, "large.txt", "larger than 4 MiB");
  await upload(ada, "barn.png", "expected");
  for (const [name, title] of [["harvest.md", "Harvest plan"], ["page.html", "Prices"], ["notes.txt", "notes"], ["lease.pdf", "lease"], ["letter.docx", "letter"]]) await upload(ada, name, `${title} is there`);
  await rows(ada, 5);
  await row(ada, "Harvest plan", "2026", "farm", "yours", "Markdown");
  await shot(ada, "documents", { fullPage: true });
});

check("a file that is chosen in a dialog becomes one as well", async () => {
  const [chooser] = await Promise.all([ada.waitForFileChooser(), press(ada, "Choose files")]);
  await chooser.accept([new URL("../../README.md", import.meta.url).pathname]);
  await upload(ada, "README.md", "is there");
  await until(ada, "it ended", () => !document.querySelector(".uploads [role=progressbar]"));
});

check("Markdown becomes nodes and nothing that runs", async () => {
  await follow(ada, "Harvest plan");
  plan = await idOf(ada);
  await until(ada, "it is drawn", () => document.querySelector(".prose table"));
  const seen = await ada.evaluate(() => {
    const prose = document.querySelector(".prose");
    return {
      heading: prose.querySelector(".level-1").textContent, strong: prose.querySelector("strong").textContent, items: [...prose.querySelectorAll("ul > li")].length, inner: [...prose.querySelectorAll("ol > li")].map((one) => one.textContent),
      cells: [...prose.querySelectorAll("td")].map((one) => one.textContent), code: prose.querySelector("pre code").textContent, links: [...prose.querySelectorAll("a")].map((one) => [one.getAttribute("href"), one.rel]),
      scripts: prose.querySelectorAll("script, b").length, said: prose.textContent.includes("<script>window.bad = 1</script>"), bad: window.bad ?? null,
    };
  });
  same(seen, { heading: "Harvest plan", strong: "north", items: 2, inner: ["early", "late"], cells: ["north", "12"], code: "plain <b>code</b>", links: [["https://maps.example/a", "noopener noreferrer"]], scripts: 0, said: true, bad: null });
  await shot(ada, "document", { fullPage: true });
});

check("HTML, PDF, text and Word are read as what they are", async () => {
  await go(ada, "#documents");
  await follow(ada, "Prices");
  const shown = await frame(ada, "/console/preview/");
  await shows(shown, "Barley is dear");
  same(await shown.evaluate(() => [getComputedStyle(document.querySelector("p")).color, document.querySelectorAll("script").length]), ["rgb(255, 0, 0)", 1]);
  same(await ada.evaluate(() => window.bad ?? null), null);
  await go(ada, "#documents");
  await follow(ada, "lease");
  await until(ada, "a frame", () => document.querySelector("iframe.framed:not([sandbox])"));
  same(await ada.evaluate(async () => { const found = await fetch(document.querySelector("iframe.framed").src); return [found.headers.get("content-type"), (await found.text()).slice(0, 5)]; }), ["application/pdf", "%PDF-"]);
  // The browser's own reader has it, which no policy of ours keeps from it.
  const began = Date.now();
  while (!ada.frames().some((one) => one.url().startsWith("chrome-extension://"))) {
    ok(Date.now() - began < WITHIN, ada.frames().map((one) => one.url()).join());
    await new Promise((done) => setTimeout(done, 100));
  }
  await shot(ada, "document-pdf");
  for (const [title, text] of [["notes", "  indented\nand kept"], ["letter", "Dear Bob,\nthe barn is yours & mine."]]) {
    await go(ada, "#documents");
    await follow(ada, title);
    await until(ada, `the words of ${title}`, (wanted) => document.querySelector(".paper")?.textContent === wanted, text);
  }
});

check("two versions are compared word by word, and an older one becomes the newest", async () => {
  const before = await asked("ada", "GET", `/v1/documents/${plan}`);
  await asked("ada", "PUT", `/v1/documents/${plan}/content`, { body: SECOND, headers: { "if-match": before.headers.get("etag"), "content-type": "text/markdown" } });
  await go(ada, `#documents/${plan}/versions`);
  await until(ada, "the differences", () => document.querySelector(".change .inserted"));
  const changes = () => ada.evaluate(() => ["deleted", "inserted"].map((tag) => [...document.querySelectorAll(`.change .${tag}`)].map((one) => one.lastChild.textContent && one.textContent.replace(/^(added|removed): /, ""))));
  same(await changes(), [["The **north** field comes first.", "- oats"], ["The **south** field comes first.", "Then the hill.", "- rye"]]);
  same(await ada.evaluate(() => [...document.querySelectorAll(".change .inserted b")].map((one) => one.textContent)), ["south", "rye"]);
  await says(ada, "3 lines added, 2 lines removed");
  await shot(ada, "document-versions", { fullPage: true });
  await pressTwice(ada, "Make it the newest", "Really? It becomes a new version");
  await says(ada, "Version 3 says what version 1 said.");
  same((await asked("ada", "GET", `/v1/documents/${plan}/content`)).text, FIRST);
  await press(ada, "Version 2");
  await until(ada, "version 2 is shown", () => document.querySelector(".prose")?.textContent.includes("Then the hill."));
});

check("it is shared, seen by the other, and not any more", async () => {
  await side(ada, "Sharing");
  await fill(ada, "Name", "bob");
  await press(ada, "Share");
  await says(ada, "bob may read it now.");
  bob = await window("bob", "#documents", { dark: true });
  await follow(bob, "Harvest plan");
  await says(bob, "ada’s, you may read it");
  ok(!(await bob.evaluate(() => [...document.querySelectorAll("#page button, #page a.button")].map((one) => one.textContent).join())).match(/Delete|Edit together/));
  await side(bob, "Sharing");
  await says(bob, "Shared with you to be read");
  await fill(ada, "Share it with", "group");
  await fill(ada, "Name", "a b");
  await press(ada, "Share");
  await until(ada, "it is refused at the field", () => document.querySelector("#page input[aria-invalid]"));
  await ada.select('select[aria-label="What bob may"]', "editor");
  await says(ada, "bob may change it now.");
  await shot(ada, "document-sharing", { fullPage: true });
});

check("two who call it differently are told of one another", async () => {
  await go(bob, "#documents");
  await follow(bob, "Harvest plan");
  await side(bob, "Title and tags");
  await fill(bob, "Title", "Harvest plan of Bob");
  await side(ada, "Title and tags");
  await fill(ada, "Title", "Harvest plan of Ada");
  await fill(ada, "Tags, with commas between them", "farm, north");
  await press(bob, "Save");
  await says(bob, "Saved.");
  await press(ada, "Save");
  await says(ada, "bob changed it while you wrote");
  await says(ada, "theirs: Harvest plan of Bob");
  await says(ada, "yours: farm, north");
  await shot(ada, "document-conflict", { fullPage: true });
  await press(ada, "Save mine over it");
  await says(ada, "Saved.");
  const now = (await asked("ada", "GET", `/v1/documents/${plan}`)).json();
  same([now.title, now.tags], ["Harvest plan of Ada", ["farm", "north"]]);
  await fill(bob, "Title", "Again");
  await press(bob, "Save");
  await press(bob, "Take theirs");
  await says(bob, "nothing of yours was saved");
  same((await asked("ada", "GET", `/v1/documents/${plan}`)).json().title, "Harvest plan of Ada");
  await side(ada, "Sharing");
  await pressTwice(ada, "Remove", "Really?");
  await says(ada, "bob does not see it any more.");
  await go(bob, "#documents");
  await says(bob, "No documents yet");
});

check("it is deleted and taken back", async () => {
  await side(ada, "Read");
  await pressTwice(ada, "Delete", "Really delete it?");
  await until(ada, "the list", () => location.hash.startsWith("#documents") && document.querySelector(".drop"));
  await press(ada, "My deleted ones");
  await row(ada, "Harvest plan of Ada");
  await go(ada, `#documents/${plan}`);
  await says(ada, "You deleted this document");
  await press(ada, "Take it back");
  await until(ada, "it is there again", () => document.querySelector(".document-head h1")?.textContent === "Harvest plan of Ada");
});

check("the list is narrowed, put in order and paged, and its address says how", async () => {
  await Promise.all(Array.from({ length: 30 }, (_, at) => asked("ada", "POST", "/v1/documents", { json: { title: `Field ${String(at).padStart(2, "0")}`, content: `number ${at}`, content_type: "text/plain", tags: [at % 2 ? "odd" : "even"] } })));
  await go(ada, "#documents?tag=odd&order=title");
  await rows(ada, 15);
  same(await ada.evaluate(() => [document.querySelector("#page tbody a").textContent, document.querySelector("input[name=tag]").value]), ["Field 01", "odd"]);
  await fill(ada, "Tags", "");
  await fill(ada, "Titles", "field");
  await rows(ada, 25);
  await press(ada, "More documents");
  await rows(ada, 30);
  ok(await ada.evaluate(() => location.hash === "#documents?title=field&order=title" && !document.querySelector("#page button.quiet:not([hidden]):not(.small)")?.offsetParent));
  await fill(ada, "Format", "text/html");
  await says(ada, "No document is like that");
});

check("every page fits a telephone, in the dark", async () => {
  await fitsTelephone("ada", [], [["#documents", "tbody tr", "documents"], [`#documents/${plan}`, ".prose", "document"], [`#documents/${plan}/versions`, ".change", "document-versions"], [`#documents/${plan}/sharing`, "tbody tr", "document-sharing"], [`#documents/${plan}/about`, ".members", "document-about"]]);
});

check("no page complained, not even of its own policy, but of the script in the document that it did not run", () => {
  const script = /Blocked script execution in '[^']*\/console\/preview\/\d+' because the document's frame is sandboxed/;
  same([complaints.filter((one) => !script.test(one)), complaints.some((one) => script.test(one))], [[], true]);
});

await run();
