// `ws` with groups in a map: `node ws.mjs PORT`. A message is encoded once and handed to each socket.
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]), perMessageDeflate: false });
const groups = new Map();
server.on("connection", (socket) => {
  const joined = [];
  socket.on("message", (data) => {
    const said = JSON.parse(data);
    if (said.join !== undefined) {
      if (!groups.has(said.join)) groups.set(said.join, new Set());
      groups.get(said.join).add(socket);
      joined.push(said.join);
      socket.send(JSON.stringify({ joined: said.join }));
      return;
    }
    const message = Buffer.from(JSON.stringify({ value: said.value }));
    const receivers = said.send === null ? server.clients : (groups.get(said.send) ?? []);
    for (const receiver of receivers) receiver.send(message, { binary: false });
  });
  socket.on("close", () => joined.forEach((group) => groups.get(group).delete(socket)));
  socket.on("error", () => socket.terminate());
});
server.on("listening", () => console.log("ready"));
