// Carries questions between ask.cjs and the driver of Amp, which speaks lines with this: node broker.cjs SOCKET.
// Out: {"ready":true}, {"ask":N,"tool","call","input"}, {"gone":N}. In: {"answer":N,"yes":true|false}.
const net = require("node:net");
const readline = require("node:readline");
const LIMIT = 2 << 20;
const waiting = new Map();
let last = 0;
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");
process.umask(0o077);
const server = net.createServer((socket) => {
  const number = ++last;
  let text = "";
  let asked = false;
  socket.setEncoding("utf8");
  socket.on("data", (piece) => {
    if (asked) return;
    text += piece;
    if (text.length > LIMIT) return socket.destroy();
    const end = text.indexOf("\n");
    if (end < 0) return;
    asked = true;
    waiting.set(number, socket);
    try {
      const { tool, call, input } = JSON.parse(text.slice(0, end));
      say({ ask: number, tool, call, input });
    } catch {
      socket.destroy();
    }
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    if (waiting.delete(number)) say({ gone: number });
  });
});
server.listen(process.argv[2], () => say({ ready: true }));
readline
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { answer, yes } = JSON.parse(line);
    const socket = waiting.get(answer);
    waiting.delete(answer);
    if (socket) socket.end(yes ? "yes\n" : "no\n");
  })
  .on("close", () => process.exit(0));
