// What the published SDK of E2B needs against a server, beside it a plain HTTP client that asks for
// the same, and the SDK against a server that does nothing and answers at once:
// node e2b.mjs NODE_MODULES URL FLOOR_URL KEY ROUNDS AT_ONCE MEGABYTES
// Prints a line of JSON for each sample: {"measure","engine","value"}.
import { createRequire } from "node:module";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import assert from "node:assert/strict";

const [modules, url, floor, key, ...numbers] = process.argv.slice(2);
const [rounds, atOnce, megabytes] = numbers.map(Number);
process.env.E2B_API_KEY = key;
process.env.E2B_VALIDATE_API_KEY = "false";
const { Sandbox } = createRequire(join(modules, "package.json"))("e2b");
const WARM_UP = Math.min(rounds, 100);
const COLD = 50;
const BIG_WARM_UP = 3;
const TRANSFERS = Math.min(rounds, 20);
const CROWDS = Math.min(rounds, 5);
const BIG = "/home/user/big.bin";

const say = (measure, engine, value) => console.log(JSON.stringify({ measure, engine, value }));

/** Does it, and says how long that took in ms unless it was to warm up. */
async function timed(measure, engine, counts, action) {
  const start = performance.now();
  const result = await action();
  if (counts) say(measure, engine, performance.now() - start);
  return result;
}

async function times(warmUp, count, action) {
  for (let round = -warmUp; round < count; round++) await action(round >= 0, round + warmUp);
}

/** @param {string} engine what the samples are of; the server is the one at this address */
async function sdk(engine, address) {
  process.env.E2B_API_URL = address;
  process.env.E2B_SANDBOX_URL = address;
  await times(WARM_UP, rounds, async (counts, round) => {
    const start = performance.now();
    const box = await timed("create", engine, counts, () => Sandbox.create());
    const first = await box.commands.run("echo hi");
    const took = performance.now() - start;
    if (counts) say("create + first command", engine, took);
    else if (round < COLD) say("the same, just started", engine, took);
    assert.equal(first.stdout, "hi\n");
    await timed("kill", engine, counts, () => box.kill());
  });
  const box = await Sandbox.create();
  try {
    await times(WARM_UP, rounds * 2, async (counts) => {
      const done = await timed("command", engine, counts, () => box.commands.run("echo hi"));
      assert.equal(done.stdout, "hi\n");
    });
    await times(WARM_UP, rounds, async (counts) => {
      await timed("pause", engine, counts, () => box.pause());
      const start = performance.now();
      const again = await timed("resume", engine, counts, () => Sandbox.connect(box.sandboxId));
      const done = await again.commands.run("echo hi");
      if (counts) say("resume + command", engine, performance.now() - start);
      assert.equal(done.stdout, "hi\n");
    });
    await files(engine, box);
  } finally {
    await box.kill();
  }
}

/**
 * Sends a large file and gets it back.
 * @param write is given the bytes, @param read gives a buffer of them
 */
async function transfer(engine, write, read) {
  const data = randomBytes(megabytes * 1e6);
  const rate = (measure, start) => say(measure, engine, data.length / 1e3 / (performance.now() - start));
  await times(BIG_WARM_UP, TRANSFERS, async (counts) => {
    let start = performance.now();
    await write(data);
    if (counts) rate("upload", start);
    start = performance.now();
    const got = await read();
    if (counts) rate("download", start);
    assert.equal(Buffer.compare(got(), data), 0);
  });
}

async function files(engine, box) {
  await transfer(
    engine,
    (data) =>
      box.files.write(BIG, data.buffer.slice(data.byteOffset, data.byteOffset + data.length)),
    async () => {
      const got = await box.files.read(BIG, { format: "bytes" });
      return () => Buffer.from(got.buffer, got.byteOffset, got.length);
    });
}

/** All of them asked for in the same moment; each must come. */
async function crowd() {
  await times(1, CROWDS, async (counts) => {
    const boxes = await timed("at once", "sdk", counts, () =>
      Promise.all(Array.from({ length: atOnce }, () => Sandbox.create())));
    assert.equal(new Set(boxes.map((box) => box.sandboxId)).size, atOnce);
    await Promise.all(boxes.map((box) => box.kill()));
  });
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 });

/** One request of a client that does nothing else; the parts of the answer's body. */
function ask(method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const asked = request(url + path, { method, agent, headers }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => {
        if (answer.statusCode < 300) resolve(parts);
        else reject(new Error(`${method} ${path}: ${answer.statusCode} ${Buffer.concat(parts)}`));
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

const control = (method, path, body = "") =>
  ask(method, path, {
    "x-api-key": key,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  }, body);

const text = (parts) => Buffer.concat(parts).toString();

const create = async () => JSON.parse(text(await control("POST", "/v2/sandboxes", '{"templateID":"base","secure":true}')));

/** One frame of the Connect protocol: flags, length, message. */
function frame(message) {
  const body = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

const inside = (box, more) => ({
  "e2b-sandbox-id": box.sandboxID,
  "e2b-sandbox-port": "49983",
  "x-access-token": box.envdAccessToken,
  ...more,
});

async function command(box) {
  const said = await ask("POST", "/process.Process/Start", inside(box, {
    "content-type": "application/connect+json",
    "connect-protocol-version": "1",
  }), frame({ process: { cmd: "/bin/bash", args: ["-l", "-c", "echo hi"] }, stdin: false }));
  assert.match(text(said), /"aGkK"/);
}

async function plainFiles(box) {
  const path = `/files?path=${BIG}`;
  await transfer(
    "http",
    (data) =>
      ask("POST", path, inside(box, {
        "content-type": "application/octet-stream",
        "content-length": data.length,
      }), data),
    async () => {
      const parts = await ask("GET", path, inside(box));
      return () => Buffer.concat(parts);
    });
}

async function plain() {
  await times(WARM_UP, rounds, async (counts) => {
    const start = performance.now();
    const box = await timed("create", "http", counts, create);
    await command(box);
    if (counts) say("create + first command", "http", performance.now() - start);
    await timed("kill", "http", counts, () => control("DELETE", `/sandboxes/${box.sandboxID}`));
  });
  const box = await create();
  try {
    await times(WARM_UP, rounds * 2, (counts) => timed("command", "http", counts, () => command(box)));
    await times(WARM_UP, rounds, async (counts) => {
      await timed("pause", "http", counts, () => control("POST", `/sandboxes/${box.sandboxID}/pause`, "{}"));
      await timed("resume", "http", counts, () =>
        control("POST", `/v2/sandboxes/${box.sandboxID}/connect`, '{"timeout":300}'));
    });
    await plainFiles(box);
  } finally {
    await control("DELETE", `/sandboxes/${box.sandboxID}`);
  }
}

await sdk("sdk", url);
await crowd();
await plain();
await sdk("floor", floor);
agent.destroy();
