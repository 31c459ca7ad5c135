// The control plane through the published SDK, unmodified. Prints what it finds, a line each.
import { createRequire } from "node:module";
import dns from "node:dns";

const [modules, name] = process.argv.slice(2);
const { Sandbox } = createRequire(modules + "/x.js")(name);

// Where the system does not know that names below localhost are this machine.
const lookup = dns.lookup;
dns.lookup = (host, options, done) =>
  lookup(host.endsWith(".localhost") ? "localhost" : host, options, done);

const say = (label, value) => console.log(label + " " + JSON.stringify(value));
const attempt = async (label, work) => {
  try {
    say(label, await work());
  } catch (e) {
    say(label, [e.name, e.message]);
  }
};
const old = name.startsWith("e2b-1.");
const list = async (query) => {
  if (old) return Sandbox.list({ query });
  const found = [];
  const pages = Sandbox.list({ query, limit: 1 });
  while (pages.hasNext) found.push(...(await pages.nextItems()));
  return found;
};

const metadata = { who: "me & you = 100% fine", run: name + "/é" };
const one = await Sandbox.create("base", { timeoutMs: 120_000, metadata, envs: { A: "b" } });
const two = await Sandbox.create("base", { timeoutMs: 60_000, metadata: { who: "other" } });
const id = (sandbox) => sandbox.sandboxId;
say("ids", [/^[a-z0-9]+$/.test(id(one)), id(one) !== id(two)]);
const mine = await list({ metadata });
say("listed", [mine.length, mine[0]?.sandboxId === id(one), mine[0]?.metadata]);
say("all", (await list({})).map((s) => s.sandboxId).sort().join() === [id(one), id(two)].sort().join());
const info = old ? mine[0] : await Sandbox.getInfo(id(one));
say("info", [info.templateId, info.metadata.who, info.startedAt instanceof Date]);
await one.setTimeout(30_000);
if (!old) {
  const end = (await Sandbox.getInfo(id(one))).endAt.getTime() - Date.now();
  say("timeout", end > 20_000 && end <= 30_000);
  await Sandbox.setTimeout(id(one), 90_000);
}
await attempt("unknown template", () => Sandbox.create("nonesuch", { timeoutMs: 10_000 }));
await attempt("too long", () => Sandbox.create("base", { timeoutMs: 1e9 }));
if (!old) {
  const pause = Sandbox.pause ? (i) => Sandbox.pause(i) : (i) => Sandbox.betaPause(i);
  say("pause", await pause(id(one)));
  say("pause again", await pause(id(one)));
  say("paused", (await Sandbox.getInfo(id(one))).state);
  const again = await Sandbox.connect(id(one), { timeoutMs: 200_000 });
  say("connected", [again.sandboxId === id(one), (await Sandbox.getInfo(id(one))).state]);
}
if (Sandbox.getMetrics) {
  const metrics = await Sandbox.getMetrics(id(one));
  say("metrics", [metrics.length, metrics[0].cpuCount, metrics[0].memTotal > 0]);
}
if (Sandbox.createSnapshot) {
  const saved = await Sandbox.createSnapshot(id(one));
  say("snapshot", /^[a-z0-9]{20}:default$/.test(saved.snapshotId));
  const copy = await Sandbox.create(saved.snapshotId, { timeoutMs: 60_000 });
  say("from snapshot", copy.sandboxId !== id(one));
  await copy.kill();
  say("killed copy", (await Sandbox.kill(id(copy))) === false);
  say("deleted", await Sandbox.deleteSnapshot(saved.snapshotId));
  say("deleted again", await Sandbox.deleteSnapshot(saved.snapshotId));
}
await one.kill();
say("kill", [await Sandbox.kill(id(one)), await Sandbox.kill(id(two))]);
say("kill again", await Sandbox.kill(id(two)));
say("none", (await list({})).length);
