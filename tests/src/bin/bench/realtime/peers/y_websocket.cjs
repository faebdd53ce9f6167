// y-websocket's own server: `node y_websocket.cjs PORT`. Documents in memory only.
const { createServer } = require("node:http");
const { WebSocketServer } = require("ws");
const { setupWSConnection } = require("y-websocket/bin/utils");

const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false });
server.on("connection", (socket, request) => setupWSConnection(socket, request));
http.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
