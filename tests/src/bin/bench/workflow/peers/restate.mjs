// The service that a Restate server calls: `node restate.mjs PORT`. Three steps, each in its journal.
import { createServer } from "node:http2";
import { createEndpointHandler, service } from "@restatedev/restate-sdk";

const steps = service({
  name: "steps",
  handlers: {
    run: async (context, number) => {
      const more = await context.run("add_one", () => number + 1);
      const twice = await context.run("double", () => more * 2);
      return context.run("take_three", () => twice - 3);
    },
  },
});
createServer(createEndpointHandler({ services: [steps] })).listen(Number(process.argv[2]), "127.0.0.1", () => {
  console.log("ready");
});
