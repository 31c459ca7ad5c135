// What runs in a sandbox, by the published SDK, unmodified:
// node e2b-envd.mjs NODE_MODULES PACKAGE URL KEY SCENARIO [ARGUMENT…]
// Says "ok" at the end; what goes wrong ends the process with 1.
import { createRequire } from "node:module";
import { join } from "node:path";
import assert from "node:assert/strict";

const [modules, name, url, key, scenario, ...args] = process.argv.slice(2);
process.env.E2B_API_URL = url;
process.env.E2B_SANDBOX_URL = url;
process.env.E2B_API_KEY = key;
process.env.E2B_VALIDATE_API_KEY = "false";
const require = createRequire(join(modules, "package.json"));
const sdk = require(name);
const { Sandbox } = sdk;

/** Waits for something the sandbox does by itself. */
async function until(what, holds) {
  const limit = Date.now() + 60_000;
  while (!(await holds())) {
    assert.ok(Date.now() < limit, what);
    await new Promise((done) => setTimeout(done, 10));
  }
}

const scenarios = {
  async commands(box) {
    const hello = await box.commands.run("echo hi; echo oops >&2; pwd; echo $USER");
    assert.deepEqual([hello.exitCode, hello.stdout, hello.stderr], [0, "hi\n/home/user\nuser\n", "oops\n"]);
    const there = await box.commands.run('pwd; echo "$A"', { cwd: "/tmp", envs: { A: "é ü" } });
    assert.equal(there.stdout, "/tmp\né ü\n");
    const failed = await box.commands.run("echo half; exit 3").catch((e) => e);
    assert.deepEqual([failed.constructor.name, failed.exitCode, failed.stdout], ["CommandExitError", 3, "half\n"]);
    await assert.rejects(box.commands.run("true", { cwd: "/no/such" }), /cwd '\/no\/such' does not exist/);
    await assert.rejects(box.commands.run("true", { user: "nobody-knows" }), /invalid username: 'nobody-knows'/);
    const late = await box.commands.run("sleep 60", { timeoutMs: 300 }).catch((e) => e);
    assert.equal(late.constructor.name, "TimeoutError");

    let seen = "";
    const cat = await box.commands.run("cat", { background: true, stdin: true, onStdout: (text) => (seen += text) });
    assert.ok((await box.commands.list()).some((p) => p.pid === cat.pid && p.args.includes("cat")));
    await box.commands.sendStdin(cat.pid, "one\n");
    await until("an echo", () => seen === "one\n");
    if (box.commands.closeStdin) {
      await box.commands.sendStdin(cat.pid, "two");
      await box.commands.closeStdin(cat.pid);
      assert.equal((await cat.wait()).stdout, "one\ntwo");
    } else {
      assert.equal(await cat.kill(), true);
      await cat.wait().catch(() => {});
    }
    assert.equal(await box.commands.kill(cat.pid), false);

    const tree = await box.commands.run("sleep 1000 & sleep 1000 & wait", { background: true });
    assert.equal(await tree.kill(), true);
    await assert.rejects(tree.wait(), /signal: killed/);
    // A killed process is gone when the kernel gets to it.
    const left = await box.commands.run(
      "for i in $(seq 100); do ps -eo args | grep -q '[s]leep 1000' || exit 0; sleep 0.1; done; ps -eo args",
    );
    assert.equal(left.stdout, "");

    const slow = await box.commands.run("read x; echo got $x; exit 4", { background: true, stdin: true });
    await slow.disconnect();
    let later = "";
    const again = await box.commands.connect(slow.pid, { onStdout: (text) => (later += text) });
    await box.commands.sendStdin(slow.pid, "this\n");
    const end = await again.wait().catch((e) => e);
    assert.deepEqual([end.exitCode, later], [4, "got this\n"]);
    await assert.rejects(box.commands.connect(4_000_000), /not.found/i);

    const big = await box.commands.run("head -c 3000000 /dev/zero | tr '\\0' x");
    assert.equal(big.stdout.length, 3_000_000);
  },

  async files(box) {
    const written = await box.files.write("a dir/é.txt", "text ü");
    assert.equal(written.path, "/home/user/a dir/é.txt");
    assert.equal(await box.files.read("a dir/é.txt"), "text ü");
    assert.equal(await box.files.read("/home/user/a dir/é.txt"), "text ü");
    const bytes = new Uint8Array(3_000_000).map((_, i) => i * 7);
    await box.files.write("~/b.bin", new Blob([bytes]));
    assert.deepEqual(Buffer.from(await box.files.read("b.bin", { format: "bytes" })), Buffer.from(bytes));
    await box.files.write("empty", "");
    assert.equal(await box.files.read("empty"), "");
    await box.files.write([{ path: "m/one", data: "1" }, { path: "m/two", data: "2" }]);
    assert.deepEqual((await box.files.list("m")).map((e) => [e.name, e.type, e.path]), [
      ["one", "file", "/home/user/m/one"],
      ["two", "file", "/home/user/m/two"],
    ]);
    await assert.rejects(box.files.read("none"), /path '\/home\/user\/none' does not exist/);
    await assert.rejects(box.files.read("m"), /is a directory/);
    await assert.rejects(box.files.list("none"), /not found/i);
    assert.equal(await box.files.makeDir("d/e"), true);
    assert.equal(await box.files.makeDir("d/e"), false);
    assert.equal((await box.files.rename("m/one", "moved/uno")).path, "/home/user/moved/uno");
    assert.deepEqual([await box.files.exists("m/one"), await box.files.exists("moved/uno")], [false, true]);
    await box.files.remove("moved");
    assert.equal(await box.files.exists("moved"), false);
    await box.files.remove("moved");

    if (box.files.getInfo) {
      await box.commands.run("chmod 640 m/two; ln -s m/two link");
      const info = await box.files.getInfo("m/two");
      assert.deepEqual([info.size, info.mode, info.permissions, info.owner, info.group], [1, 0o640, "-rw-r-----", "user", "user"]);
      assert.ok(Math.abs(Date.now() - info.modifiedTime.getTime()) < 600_000);
      const link = await box.files.getInfo("link");
      assert.deepEqual([link.type, link.symlinkTarget, link.permissions], ["file", "/home/user/m/two", "Lrwxrwxrwx"]);
    }
    if (args.includes("metadata")) {
      const tagged = await box.files.write("tagged", "x", { metadata: { Owner: "me" } });
      assert.deepEqual(tagged.metadata, { owner: "me" });
      assert.deepEqual((await box.files.getInfo("tagged")).metadata, { owner: "me" });
      await box.files.write("tagged", "y", { gzip: true });
      assert.equal(await box.files.read("tagged"), "y");
      assert.deepEqual((await box.files.getInfo("tagged")).metadata ?? {}, {});
    }

    const events = [];
    await box.files.makeDir("w");
    const watch = await box.files.watchDir("w", (event) => events.push([event.type, event.name]));
    await box.files.write("w/f", "1");
    await until("a file that comes", () => events.some(([type, name]) => type === "create" && name === "f"));
    await until("a file that is written", () => events.some(([type, name]) => type === "write" && name === "f"));
    await box.files.rename("w/f", "w/g");
    await until("a file that goes", () => events.some(([type, name]) => type === "rename" && name === "f"));
    await box.files.remove("w/g");
    await until("a file that is removed", () => events.some(([type, name]) => type === "remove" && name === "g"));
    await watch.stop();
    await assert.rejects(box.files.watchDir("m/two", () => {}), /not a directory/);
    await assert.rejects(box.files.watchDir("none", () => {}), /not found/i);

    if (!args.includes("open")) {
      // By one address a server tells sandboxes apart by signatures only, and open ones have none.
      const read = await fetch(await box.downloadUrl("a dir/é.txt"));
      assert.equal(await read.text(), "text ü");
      const form = new FormData();
      form.append("file", new Blob(["by address"]), "x");
      const sent = await fetch(await box.uploadUrl("by-address"), { method: "POST", body: form });
      assert.equal(sent.status, 200);
      assert.equal(await box.files.read("by-address"), "by address");
    }
  },

  async pty(box) {
    let screen = "";
    const pty = await box.pty.create({
      cols: 77, rows: 11, onData: (data) => (screen += Buffer.from(data).toString()), timeoutMs: 60_000,
    });
    await box.pty.sendInput(pty.pid, new TextEncoder().encode("stty size; echo $TERM\n"));
    await until("the size", () => screen.includes("11 77") && screen.includes("xterm-256color"));
    await box.pty.resize(pty.pid, { cols: 100, rows: 30 });
    await box.pty.sendInput(pty.pid, new TextEncoder().encode("stty size; exit 5\n"));
    const end = await pty.wait().catch((e) => e);
    assert.equal(end.exitCode, 5);
    assert.ok(screen.includes("30 100"), screen);
    const other = await box.pty.create({ cols: 80, rows: 24, onData: () => {} });
    assert.equal(await box.pty.kill(other.pid), true);
    await other.wait().catch(() => {});
    assert.equal(await box.pty.kill(other.pid), false);
  },

  async git(box) {
    await box.git.init("repo");
    await box.files.write("repo/a.txt", "1");
    await box.git.configureUser("Some Body", "some@body.example");
    await box.git.add("repo");
    await box.git.commit("repo", "first");
    assert.equal((await box.git.status("repo")).isClean, true);
    await box.files.write("repo/b.txt", "2");
    assert.equal((await box.git.status("repo")).isClean, false);
  },

  // Each fails at once, and each end must be there.
  async failures(box) {
    for (let i = 0; i < Number(args[0]); i++) {
      const code = (i % 250) + 1;
      const end = await box.commands.run(`exit ${code}`).catch((e) => e);
      assert.equal(end.exitCode, code, `command ${i}: ${end}`);
    }
  },

  async pauses(box) {
    const connect = (id) => Sandbox.connect(id);
    for (let i = 0; i < Number(args[0]); i++) {
      await (box.betaPause ?? box.pause).call(box);
      box = await connect(box.sandboxId);
      const end = await box.commands.run(`echo ${i}; exit 7`).catch((e) => e);
      assert.deepEqual([end.exitCode, end.stdout], [7, `${i}\n`]);
    }
  },

  // The sandbox is ended under a command: the SDK must notice, and say so.
  async killed(box) {
    const command = await box.commands.run("sleep 1000", { background: true, timeoutMs: 0 });
    await box.kill();
    const end = await command.wait().catch((e) => e);
    assert.match(`${end}`, /kill|timeout|not found|terminated/i);
  },
};

const box = await Sandbox.create(args.includes("open") ? { secure: false } : {});
try {
  await scenarios[scenario](box);
} finally {
  await Sandbox.kill(box.sandboxId).catch(() => {});
}
console.log("ok");
process.exit(0);
