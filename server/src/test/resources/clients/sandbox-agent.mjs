// Uses the published client, unmodified: node sandbox-agent.mjs NODE_MODULES URL TOKEN SCENARIO [ARGUMENT…]
// Prints lines; what goes wrong ends the process with 1. Anything the client complains about on its
// standard error counts as wrong, too: it checks the shape of every message.
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";
import { join } from "node:path";
import { readFileSync } from "node:fs";
import assert from "node:assert/strict";

const [modules, baseUrl, token, scenario, ...args] = process.argv.slice(2);
const { SandboxAgent } = await import(
  pathToFileURL(join(modules, "sandbox-agent/dist/index.js")).href
);

const complaints = [];
if (!["agent-killed", "restart"].includes(scenario)) {
  console.error = (...what) => complaints.push(what.map(String).join(" "));
}

const print = (...what) => console.log(...what);
const connect = () => SandboxAgent.connect({ baseUrl, token });

/** Every update of a session, in order. */
function updatesOf(session) {
  const updates = [];
  session.onEvent((event) => {
    if (event.payload.method === "session/update") updates.push(event.payload.params.update);
  });
  return updates;
}

const text = (updates) =>
  updates
    .filter((update) => update.sessionUpdate === "agent_message_chunk")
    .map((update) => update.content.text ?? update.content.uri)
    .join("");

const prompt = (session, words) => session.prompt([{ type: "text", text: words }]);

/** Waits for a state the server reaches by itself. */
async function until(what, condition) {
  const limit = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > limit) throw new Error("nothing happened: " + what);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Checks messages against the schema that the SDK ships. */
function validator() {
  const require = createRequire(join(modules, "x.js"));
  const Ajv = require("ajv/dist/2020").default;
  const schema = JSON.parse(
    readFileSync(join(modules, "@agentclientprotocol/sdk/schema/schema.json"), "utf8"),
  );
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema(schema, "acp");
  return (type, value) => {
    const check = ajv.getSchema("acp#/$defs/" + type);
    assert.ok(check, type);
    assert.ok(check(value), type + ": " + ajv.errorsText(check.errors) + JSON.stringify(value));
  };
}

const scenarios = {
  async talk() {
    const client = await connect();
    const agents = await client.listAgents();
    print("mock", agents.agents.find((agent) => agent.id === "mock").installed);
    const session = await client.createSession({ agent: "mock", cwd: "/tmp" });
    const updates = updatesOf(session);
    for (const words of [
      "Reply with exactly the single word OK.",
      "help",
      "rich",
      "Answer briefly and include your reasoning.",
      "status",
      "markdown",
      "tool",
      "image",
      "unknown",
      "echo Hello there",
    ]) {
      updates.length = 0;
      const answer = await prompt(session, words);
      print(words.split(" ")[0], answer.stopReason, updates.map((u) => u.sessionUpdate).join(","));
      if (words.startsWith("Reply")) assert.equal(text(updates), "OK");
      if (words.startsWith("echo")) assert.equal(text(updates), "Hello there");
      if (words === "tool") {
        const call = updates.find((u) => u.sessionUpdate === "tool_call");
        const end = updates.findLast((u) => u.sessionUpdate === "tool_call_update");
        assert.equal(end.toolCallId, call.toolCallId);
        print("tool", call.title, call.rawInput.query, end.status, end.rawOutput.output);
        print(end.locations.map((place) => place.path.split("/").pop()).join(","));
      }
    }
    await client.dispose();
  },

  async bursts() {
    const client = await connect();
    const session = await client.createSession({ agent: "mock", cwd: "/tmp" });
    const updates = updatesOf(session);
    for (const count of [1, 10, 100, 1, 10, 100]) {
      updates.length = 0;
      await prompt(session, "burst " + count);
      // The stream is another connection: how far this client has read it when the answer is there is its own affair.
      await until("all of it", () => text(updates).length >= count);
      print(count, text(updates).length);
    }
    await client.dispose();
  },

  async flood() {
    const count = Number(args[0]);
    const client = await connect();
    const session = await client.createSession({ agent: "mock", cwd: "/tmp" });
    let seen = 0;
    let late = 0;
    let returned = false;
    session.onEvent((event) => {
      if (event.payload.params?.update?.sessionUpdate === "agent_message_chunk") {
        seen++;
        if (returned) late++;
      }
    });
    const answer = await prompt(session, "burst " + count);
    returned = true;
    await until("all of it", () => seen >= count);
    print(answer.stopReason, seen);
    await client.dispose();
  },

  async permissions() {
    const client = await connect();
    for (const reply of ["once", "always", "reject"]) {
      const session = await client.createSession({ agent: "mock", cwd: "/tmp" });
      const asked = [];
      session.onPermissionRequest((request) => {
        asked.push(request.toolCall.title + " [" + request.availableReplies.join(" ") + "]");
        void session.respondPermission(request.id, reply);
      });
      const answer = await prompt(session, "permissions");
      print(reply, answer.stopReason, asked.join(" | "));
    }
    const session = await client.createSession({ agent: "mock", cwd: "/tmp" });
    const asked = [];
    session.onPermissionRequest((request) => {
      asked.push(request.toolCall.title + ": " + request.options.map((o) => o.name).join(","));
      void session.rawRespondPermission(request.id, {
        outcome: { outcome: "selected", optionId: asked.length === 1 ? "1" : "reject" },
      });
    });
    print("questions", (await prompt(session, "questions")).stopReason, asked.join(" | "));
    const silent = await client.createSession({ agent: "mock", cwd: "/tmp" });
    print("nobody", (await prompt(silent, "permissions")).stopReason);
    await client.dispose();
  },

  async settings() {
    const client = await connect();
    const session = await client.createSession({ agent: "mock", cwd: "/tmp", mode: "plan" });
    const modes = await session.getModes();
    print("modes", modes.currentModeId, modes.availableModes.map((mode) => mode.id).join(","));
    const options = await session.getConfigOptions();
    print("options", options.map((option) => option.id + "=" + option.currentValue).join(" "));
    const chosen = Object.fromEntries(options.map((option) => [option.id, option]));
    if (chosen.model) {
      await session.setModel(chosen.model.options.at(-1).value);
      print("model", chosen.model.options.at(-1).value);
    }
    const after = await session.getConfigOptions();
    const level = after.find((option) => option.category === "thought_level");
    if (level) {
      await session.setThoughtLevel(level.options.at(-1).value);
      print("thought level", level.options.at(-1).value);
    }
    await session.setMode("build");
    const all = await session.getConfigOptions();
    print("now", all.map((option) => option.id + "=" + option.currentValue).join(" "));
    await client.dispose();
  },

  async two() {
    const client = await connect();
    const sessions = await Promise.all(
      ["a", "b"].map(() => client.createSession({ agent: "mock", cwd: "/tmp" })),
    );
    const updates = sessions.map(updatesOf);
    await Promise.all(sessions.map((session, i) => prompt(session, "echo number " + i)));
    updates.forEach((own, i) => assert.equal(text(own), "number " + i));
    for (const session of sessions) await client.destroySession(session.id);
    const answer = async () =>
      (await fetch(baseUrl + "/v1/acp", { headers: { authorization: "Bearer " + token } })).json();
    print("servers", (await answer()).servers.length);
    await client.dispose();
    print("servers", (await answer()).servers.length);
  },

  async cancel() {
    const client = await connect();
    const session = await client.createSession({ agent: "mock", cwd: "/tmp" });
    const begun = new Promise((resolve) => session.onEvent((event) => {
      if (event.payload.method === "session/update") resolve();
    }));
    const running = prompt(session, "burst 100000 100");
    await begun;
    await client.destroySession(session.id);
    print((await running).stopReason);
    await client.dispose();
  },

  async "missing-agent"() {
    const client = await connect();
    await assert.rejects(client.createSession({ agent: args[0], cwd: "/tmp" }));
    const session = await client.createSession({ agent: "mock", cwd: "/tmp" });
    print((await prompt(session, "echo still here")).stopReason);
    await client.dispose();
  },

  async "agent-killed"() {
    const client = await connect();
    const session = await client.createSession({ agent: args[0], cwd: "/tmp" });
    print("prompting");
    await assert.rejects(prompt(session, args[1]), (error) => {
      print("rejected", error.code);
      return true;
    });
    const other = await client.createSession({ agent: args[0], cwd: "/tmp" });
    print("another", other.agentSessionId !== session.agentSessionId);
    await client.dispose();
  },

  async restart() {
    const client = await connect();
    const session = await client.createSession({ agent: "mock", cwd: "/tmp" });
    const begun = new Promise((resolve) => session.onEvent((event) => {
      if (event.payload.method === "session/update") resolve();
    }));
    const running = prompt(session, "burst 100000 100");
    await begun;
    print("begun");
    await assert.rejects(running);
    await until("the server", async () => {
      try {
        return (await fetch(baseUrl + "/v1/health")).ok;
      } catch {
        return false;
      }
    });
    // The connection is lost with its POST: another client goes on with the same server.
    const next = await connect();
    const again = await next.createSession({ agent: "mock", cwd: "/tmp" });
    print((await prompt(again, "echo again")).stopReason);
    await next.dispose();
  },

  async schema() {
    const check = validator();
    const client = await connect();
    const counts = {};
    const session = await client.createSession({ agent: "mock", cwd: "/tmp" });
    let requests = 0;
    session.onPermissionRequest((request) => {
      check("RequestPermissionRequest", request.rawRequest);
      requests++;
      void session.respondPermission(request.id, "once");
    });
    session.onEvent((event) => {
      if (event.payload.method !== "session/update") return;
      check("SessionNotification", event.payload.params);
      const kind = event.payload.params.update.sessionUpdate;
      counts[kind] = (counts[kind] ?? 0) + 1;
    });
    for (const words of ["demo", "markdown", "permissions", "questions"]) {
      check("PromptResponse", await prompt(session, words));
    }
    await session.setMode("plan");
    const rpc = async (id, method, params) => {
      const answer = await fetch(baseUrl + "/v1/acp/raw?agent=mock", {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer " + token },
        body: JSON.stringify({ jsonrpc: "2.0", id, method, params }),
      });
      assert.equal(answer.status, 200);
      const body = await answer.json();
      assert.ok(body.result, JSON.stringify(body));
      return body.result;
    };
    check("InitializeResponse", await rpc(0, "initialize", { protocolVersion: 1 }));
    const own = { cwd: "/tmp", mcpServers: [] };
    const made = await rpc(1, "session/new", own);
    check("NewSessionResponse", made);
    const { sessionId } = made;
    check("PromptResponse", await rpc(2, "session/prompt", {
      sessionId, prompt: [{ type: "text", text: "echo x" }] }));
    check("LoadSessionResponse", await rpc(3, "session/load", { sessionId, ...own }));
    check("ResumeSessionResponse", await rpc(4, "session/resume", { sessionId, ...own }));
    check("ListSessionsResponse", await rpc(5, "session/list", {}));
    check("SetSessionModeResponse", await rpc(6, "session/set_mode", { sessionId, modeId: "plan" }));
    check("SetSessionConfigOptionResponse", await rpc(7, "session/set_config_option", {
      sessionId, configId: "mode", value: "build" }));
    check("CloseSessionResponse", await rpc(8, "session/close", { sessionId }));
    print("requests", requests);
    print(Object.keys(counts).sort().join(","));
    await client.dispose();
  },

  async processes() {
    const client = await connect();
    const done = await client.runProcess({ command: "echo", args: ["hi"] });
    print("run", done.exitCode, done.stdout.trim(), done.timedOut);
    const slow = await client.runProcess({ command: "sleep", args: ["60"], timeoutMs: 200 });
    print("timeout", slow.exitCode, slow.timedOut);
    const process = await client.createProcess({
      command: "sh", args: ["-c", "while read line; do echo got $line; done"], interactive: true });
    const entries = [];
    const logs = await client.followProcessLogs(process.id, (entry) => entries.push(entry));
    await client.sendProcessInput(process.id, {
      data: Buffer.from("one\n").toString("base64"), encoding: "base64" });
    await client.sendProcessInput(process.id, { data: "two\n", encoding: "utf8" });
    const output = () => entries.map((e) => Buffer.from(e.data, "base64").toString()).join("");
    await until("both lines", () => output() === "got one\ngot two\n");
    print("logs", entries[0].stream, entries[0].sequence);
    const again = await client.getProcessLogs(process.id, { tail: 1 });
    print("tail", again.entries.length);
    const stopped = await client.stopProcess(process.id, { waitMs: 10_000 });
    print("stopped", stopped.status);
    await logs.closed;
    await client.deleteProcess(process.id);
    print("left", (await client.listProcesses()).processes.length);
    const config = await client.getProcessConfig();
    print("config", (await client.setProcessConfig({ ...config, maxConcurrentProcesses: 3 }))
      .maxConcurrentProcesses);
    await client.dispose();
  },

  async terminal() {
    const client = await connect();
    const process = await client.createProcess({
      command: "sh", args: ["-c", "echo before; read line; stty size; echo after $line; exit 3"],
      tty: true, interactive: true });
    await until("its first words", async () => (await client.getProcessLogs(process.id)).entries.length);
    const terminal = client.connectProcessTerminal(process.id);
    let output = "";
    const ready = new Promise((resolve) => terminal.onReady(resolve));
    const exit = new Promise((resolve) => terminal.onExit(resolve));
    terminal.onError((error) => print("error", error.message));
    terminal.onData((bytes) => (output += Buffer.from(bytes).toString()));
    print("ready", (await ready).processId === process.id);
    await until("what came before", () => output.includes("before"));
    terminal.resize({ cols: 100, rows: 40 });
    terminal.sendInput("words\n");
    print("exit", (await exit).exitCode);
    await terminal.closed;
    print(output.replaceAll("\r", "").split("\n").filter(Boolean).join("|"));
    await client.dispose();
  },

  async files() {
    const client = await connect();
    const written = await client.writeFsFile({ path: "dir/a.txt" }, "hello");
    print("written", written.bytesWritten, written.path.endsWith("/dir/a.txt"));
    print("read", Buffer.from(await client.readFsFile({ path: "dir/a.txt" })).toString());
    print("stat", (await client.statFs({ path: "dir/a.txt" })).size);
    await client.mkdirFs({ path: "dir/sub/deep" });
    const entries = await client.listFsEntries({ path: "dir" });
    print("entries", entries.map((e) => e.name + ":" + e.entryType).sort().join(","));
    await client.moveFs({ from: "dir/a.txt", to: "dir/sub/b.txt" });
    await client.deleteFsEntry({ path: "dir", recursive: true });
    await assert.rejects(client.statFs({ path: "dir" }), (e) => e.status === 400);
    const tar = readFileSync(args[0]);
    const batch = await client.uploadFsBatch(tar, { path: "up" });
    print("batch", batch.paths.length, batch.truncated);
    print("read", Buffer.from(await client.readFsFile({ path: "up/in/tar.txt" })).toString().trim());
    await client.dispose();
  },

  async config() {
    const client = await connect();
    const query = { directory: "/tmp", mcpName: "one" };
    await assert.rejects(client.getMcpConfig(query), (e) => e.status === 404);
    await client.setMcpConfig(query, { type: "local", command: "x", args: ["y"] });
    print(JSON.stringify(await client.getMcpConfig(query)));
    await client.deleteMcpConfig(query);
    await assert.rejects(client.getMcpConfig(query), (e) => e.status === 404);
    const skill = { directory: "/tmp", skillName: "two" };
    await client.setSkillsConfig(skill, { sources: [{ type: "github", source: "a/b" }] });
    print(JSON.stringify(await client.getSkillsConfig(skill)));
    await client.deleteSkillsConfig(skill);
    await client.dispose();
  },

  async desktop() {
    const client = await connect();
    const status = await client.getDesktopStatus();
    print(status.state, Array.isArray(status.missingDependencies));
    await assert.rejects(client.startDesktop(), (e) => e.status === 503);
    await client.dispose();
  },

  /** Starts a server of its own: SANDBOX_AGENT_BIN names it. */
  async spawn() {
    const { local } = await import(
      pathToFileURL(join(modules, "sandbox-agent/dist/providers/local.js")).href
    );
    const client = await SandboxAgent.start({ sandbox: local() });
    const session = await client.createSession({ agent: "mock", cwd: process.cwd() });
    const updates = updatesOf(session);
    const answer = await prompt(session, "echo spawned");
    print(answer.stopReason, text(updates));
    await client.destroySandbox();
  },
};

await scenarios[scenario]();
if (complaints.length > 0) {
  process.stderr.write(complaints.join("\n") + "\n");
  process.exit(1);
}
process.exit(0);
