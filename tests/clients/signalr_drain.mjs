// A node is drained behind a load balancer, which sees only whether it is ready: every client is back at the other within
// 5 s. Settings: `one`, the load balancer; `two`, the node that stays.

import { terminate } from "./harness.mjs";
import { allMoved, crowd, durable, nothingTwice, pushing } from "./crowd.mjs";
import { ONE, RECONNECTED_WITHIN_MS, TOKENS, TWO, checkOpen, ok, run } from "./realtime_under_test.mjs";

checkOpen("a node is drained behind a load balancer", async (place) => {
  const push = durable();
  const clients = await crowd(place, ONE, push);
  const sender = await place.connect({ url: TWO, token: TOKENS[1] });
  const { node } = await sender.invoke("WhoAmI");
  const at = await Promise.all(clients.map((client) => client.invoke("WhoAmI")));
  ok(at.some((me) => me.node === node) && at.some((me) => me.node !== node), "all are at one node");
  const stop = pushing(sender, push);
  await clients[0].got.take(10);
  await terminate("one");
  await allMoved(clients, node, 2 * RECONNECTED_WITHIN_MS);
  await nothingTwice(clients, sender, push, await stop());
});

await run();
