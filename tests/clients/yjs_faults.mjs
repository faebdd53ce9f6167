// Editing together with the stock `y-websocket` client when a node is killed or drained, and when Redis goes away: what
// somebody else has seen is kept, and all agree in the end.

import { balanced, kill, nodes, start, startRedis, stopRedis, terminate } from "./harness.mjs";
import {
  Editor, OWNER, RECONNECTED_WITHIN_MS, TOKENS, alike, checkOpen, document, eventually, numbers, ok, randomness, run, same,
  scribbled, sleep, within,
} from "./yjs_under_test.mjs";

const [, BOB, EVE] = TOKENS;
// A node tells others of an edit before it has stored it. Whoever typed it has it still, and sends it to the next node.
const SETTLED_MS = 1_000;

/** Two editors at node one, behind a load balancer, and one at node two. */
async function editors(place, id) {
  const proxy = await place.proxy(nodes.one);
  balanced(place, proxy);
  return [
    await Editor.join(place, { url: proxy.url, document: id }),
    await Editor.join(place, { url: proxy.url, document: id, token: BOB }),
    await Editor.join(place, { url: nodes.two, document: id, token: EVE }),
  ];
}

for (const [name, end] of [["killed", kill], ["drained", terminate]]) {
  checkOpen(`a node is ${name} while people type`, async (place) => {
    const random = randomness(name);
    const id = await document({ content: "Begun.\n" });
    const all = await editors(place, id);
    let typing = true;
    const typed = (async () => {
      while (typing) {
        for (const editor of all) editor.scribble(random);
        await sleep(5);
      }
    })();
    await sleep(300);
    // Until it is lost, a connection to the node that ends looks as one to the other.
    const lost = all.slice(0, 2).map(({ provider }) => new Promise((done) => {
      provider.on("status", ({ status }) => status === "disconnected" && done());
    }));
    await end("one");
    await within(2 * RECONNECTED_WITHIN_MS, "the connections to it are lost", Promise.all(lost));
    await eventually("all are at the other node", () => all.every(({ provider }) => provider.synced), 2 * RECONNECTED_WITHIN_MS);
    typing = false;
    await typed;
    const text = await alike(all, 20_000);
    for (const editor of all) same(editor.closed.items, []);
    await start("one");
    const late = await Editor.join(place, { url: nodes.one, document: id });
    same(await alike([late, ...all]), text);
  });
}

checkOpen("what somebody saw a moment ago outlives the node and both editors", async (place) => {
  for (const round of numbers(3)) {
    const id = await document();
    const a = await Editor.join(place, { url: nodes.one, document: id });
    const b = await Editor.join(place, { url: nodes.one, document: id, token: BOB });
    // What b has seen, and when.
    const seen = [];
    b.text.observe(() => seen.push([performance.now(), b.value]));
    let settled;
    for (let number = 0; number < 60 || !settled; number += 1) {
      ok(number < 2_000, "nothing was seen in time");
      a.type(`word-${round}-${number} `);
      await sleep(10 + 5 * round);
      settled = seen.findLast(([at]) => at < performance.now() - SETTLED_MS)?.[1];
    }
    await kill("one");
    a.leave();
    b.leave();
    try {
      const c = await Editor.join(place, { url: nodes.two, document: id, token: EVE });
      ok(c.value.startsWith(settled), `seen ${JSON.stringify(settled)}, kept ${JSON.stringify(c.value)}`);
    } finally {
      await start("one");
    }
  }
});

checkOpen("Redis goes away while people type, and comes back empty", async (place) => {
  const random = randomness("redis");
  const id = await document();
  const a = await Editor.join(place, { url: nodes.one, document: id });
  const b = await Editor.join(place, { url: nodes.two, document: id, token: BOB });
  await scribbled([a, b], random, 20);
  await alike([a, b]);
  const during = [];
  await stopRedis();
  try {
    during.push(await Editor.join(place, { url: nodes.one, document: id, token: EVE }));
    for (const _ of numbers(50)) {
      for (const editor of [a, b, ...during]) editor.scribble(random);
      await sleep(5);
    }
  } finally {
    await startRedis();
  }
  const text = await alike([a, b, ...during], 45_000);
  const late = await Editor.join(place, { url: nodes.two, document: id, token: OWNER });
  same(await alike([a, b, late]), text);
});

await run();
