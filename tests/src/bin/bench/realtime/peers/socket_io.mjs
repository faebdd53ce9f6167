// Socket.IO: `node socket_io.mjs PORT`. Over WebSockets only, without compression, as its guide for performance advises.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false, perMessageDeflate: false });
io.on("connection", (socket) => {
  socket.on("join", (group, done) => {
    socket.join(group);
    done();
  });
  socket.on("send", (group, value) => io.to(group).emit("m", value));
  socket.on("all", (value) => io.emit("m", value));
});
http.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
