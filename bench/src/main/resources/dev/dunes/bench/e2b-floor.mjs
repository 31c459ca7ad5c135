// A server that has one sandbox's answers ready: what a client of E2B needs for itself.
// node e2b-floor.mjs PORT; prints a line when it listens.
import { createServer } from "node:http";

const box = JSON.stringify({
  templateID: "base",
  sandboxID: "ifloor",
  clientID: "floor",
  envdVersion: "0.6.13",
  envdAccessToken: "floor",
});

/** One frame of the Connect protocol: flags, length, message. */
function frame(message, flags = 0) {
  const text = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, text]);
}

const started = frame({ event: { start: { pid: 2 } } });
const wrote = frame({ event: { data: { stdout: "aGkK" } } });
const ended = Buffer.concat([
  frame({ event: { end: { exitCode: 0, exited: true, status: "exit status 0" } } }),
  frame({}, 2),
]);
let file = Buffer.alloc(0);

/** The contents of the only file of a form, or of a body that is no form. */
function contents(parts) {
  const whole = Buffer.concat(parts);
  const head = whole.indexOf("\r\n\r\n");
  return whole.subarray(0, 2).toString() === "--" && head >= 0
    ? whole.subarray(head + 4, whole.lastIndexOf("\r\n--"))
    : whole;
}

function json(answer, status, body) {
  answer.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  answer.end(body);
}

function reply(asked, parts, answer) {
  switch (asked) {
    case "POST /process.Process/Start":
      answer.writeHead(200, { "content-type": "application/connect+json" });
      answer.write(started);
      answer.write(wrote);
      answer.end(ended);
      return;
    case "POST /files":
      file = contents(parts);
      json(answer, 200, JSON.stringify([{ path: "/home/user/big.bin", name: "big.bin", type: "file" }]));
      return;
    case "GET /files":
      answer.writeHead(200, { "content-type": "application/octet-stream", "content-length": file.length });
      answer.end(file);
      return;
    default:
      if (asked.startsWith("DELETE ") || asked.endsWith("/pause")) answer.writeHead(204).end();
      else json(answer, asked.endsWith("/connect") ? 200 : 201, box);
  }
}

const server = createServer((request, answer) => {
  const asked = `${request.method} ${request.url.split("?")[0]}`;
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => reply(asked, parts, answer));
});
server.keepAliveTimeout = 0;
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("listening"));
