// Editing together with the stock `y-websocket` client, at two nodes: random edits, disconnects, offline edits; awareness;
// who may do what; what is stored.

import {
  Editor, ONE, OTHER, OWNER, TOKENS, TWO, alike, api, checkOpen, document, eventually, numbers, ok, randomness, run, same,
  scribbled, sleep, unique,
} from "./yjs_under_test.mjs";

const [, BOB, EVE, VIEWER, STRANGER] = TOKENS;
const EDITORS = [OWNER, BOB, EVE];

checkOpen("two type at random, lose their connections, and agree", async (place) => {
  const random = randomness("two");
  const id = await document({ content: "# Begun\n" });
  const a = await Editor.join(place, { url: ONE, document: id });
  const b = await Editor.join(place, { url: TWO, document: id, token: BOB });
  same([a.value, b.value], ["# Begun\n", "# Begun\n"]);
  await scribbled([a, b], random, 200);
  const text = await alike([a, b]);
  const late = await Editor.join(place, { url: TWO, document: id });
  same(await alike([a, b, late]), text);
});

checkOpen("six type at random in one document", async (place) => {
  const random = randomness("six");
  const id = await document();
  const editors = await Promise.all(
    numbers(6).map((number) => Editor.join(place, { url: number % 2 ? ONE : TWO, document: id, token: EDITORS[number % 3] })),
  );
  await scribbled(editors, random, 100);
  await alike(editors);
});

checkOpen("both type offline, and both texts are kept", async (place) => {
  const id = await document({ content: "middle" });
  const a = await Editor.join(place, { url: ONE, document: id });
  const b = await Editor.join(place, { url: TWO, document: id, token: BOB });
  a.provider.disconnect();
  b.provider.disconnect();
  a.text.insert(0, "before ");
  b.type(" after");
  a.provider.connect();
  b.provider.connect();
  same(await alike([a, b]), "before middle after");
});

checkOpen("a room is left and entered again", async (place) => {
  const id = await document();
  for (const round of numbers(3)) {
    const editor = await Editor.join(place, { url: round % 2 ? ONE : TWO, document: id });
    same(editor.value, numbers(round).join(""));
    editor.type(`${round}`);
    const other = await Editor.join(place, { url: round % 2 ? TWO : ONE, document: id, token: BOB });
    await alike([editor, other]);
    editor.leave();
    other.leave();
  }
});

checkOpen("a long text is pasted", async (place) => {
  const id = await document();
  const a = await Editor.join(place, { url: ONE, document: id });
  const b = await Editor.join(place, { url: TWO, document: id, token: BOB });
  a.type("zwölf Zeichen".repeat(5_000));
  same((await alike([a, b])).length, 13 * 5_000);
});

checkOpen("each sees the others' cursors and names", async (place) => {
  const id = await document();
  const a = await Editor.join(place, { url: ONE, document: id });
  const b = await Editor.join(place, { url: TWO, document: id, token: BOB });
  const claimed = { id: "somebody-else", name: "Somebody Else", color: "#f00" };
  a.provider.awareness.setLocalState({ user: claimed, cursor: { anchor: 1, head: 2 } });
  const seen = (by, of) => by.provider.awareness.getStates().get(of.doc.clientID);
  const state = await eventually("b sees a", () => seen(b, a)?.cursor && seen(b, a));
  same(state.cursor, { anchor: 1, head: 2 });
  ok(state.user.id !== "somebody-else" && state.user.name !== "Somebody Else", JSON.stringify(state));
  same(state.user.color, "#f00");
  a.provider.awareness.setLocalStateField("cursor", { anchor: 5, head: 5 });
  await eventually("b sees a's cursor move", () => seen(b, a)?.cursor.anchor === 5);
  const late = await Editor.join(place, { url: TWO, document: id, token: EVE });
  await eventually("who comes late sees a", () => seen(late, a)?.cursor.anchor === 5);
  a.provider.ws.terminate();
  a.provider.disconnect();
  await eventually("a is gone", () => !seen(b, a) && !seen(late, a));
});

checkOpen("a viewer reads and cannot write", async (place) => {
  const id = await document({ content: "read me", viewers: [VIEWER] });
  const editor = await Editor.join(place, { url: ONE, document: id });
  const viewer = await Editor.join(place, { url: TWO, document: id, token: VIEWER });
  same(viewer.value, "read me");
  viewer.type(" scribbled");
  editor.type(" too");
  await eventually("the viewer sees it", () => viewer.value.includes(" too"));
  viewer.leave();
  const later = await Editor.join(place, { url: TWO, document: id });
  same([editor.value, later.value], ["read me too", "read me too"]);
});

checkOpen("who may not is told so, and does not come back", async (place) => {
  const id = await document();
  for (const [token, document, code] of [
    [STRANGER, id, 4404],
    [OTHER, id, 4404],
    ["not.a.token", id, 4401],
    [OWNER, "00000000-0000-7000-8000-000000000000", 4404],
  ]) {
    const editor = new Editor(place, { url: ONE, document, token });
    same(await editor.closed.take(1), [code]);
    ok(!editor.provider.synced && !editor.provider.shouldConnect);
  }
});

checkOpen("what was typed is stored and found", async (place) => {
  const id = await document({ content: "Begun. " });
  const a = await Editor.join(place, { url: ONE, document: id });
  const b = await Editor.join(place, { url: TWO, document: id, token: BOB });
  const word = unique("quokka").replaceAll("-", "");
  a.type(`A ${word} `);
  await eventually("b sees it", () => b.value.includes(word));
  b.type("and more.");
  const text = await alike([a, b]);
  a.leave();
  b.leave();
  await eventually("the document has it", async () => (await api("GET", `/v1/documents/${id}/content`)) === text, 45_000);
  await eventually("it is found", async () => {
    const found = JSON.parse(await api("POST", "/v1/search", { body: { text: word, size: 5 } }));
    return found.hits.some((hit) => hit.id === id);
  }, 30_000);
});

checkOpen("malformed frames hurt nobody else", async (place) => {
  const id = await document();
  const good = await Editor.join(place, { url: ONE, document: id });
  for (const bytes of [[], [0], [0, 2, 200], [0, 2, 3, 255, 255, 255], [9, 9, 9], [1, 5, 1, 2, 3], [255, 255, 255, 255]]) {
    const bad = await Editor.join(place, { url: ONE, document: id, token: BOB });
    bad.provider.ws.send(Uint8Array.from(bytes));
    await sleep(10);
    bad.leave();
  }
  good.type("still here");
  const other = await Editor.join(place, { url: TWO, document: id });
  same(await alike([good, other]), "still here");
});

await run({ atOnce: 5 });
