// Has the published client start the server itself: node spawn.mjs NODE_MODULES
// The server is what SANDBOX_AGENT_BIN names. Prints lines; what goes wrong ends with 1.
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const [modules] = process.argv.slice(2);
const dist = (file) => import(pathToFileURL(join(modules, "sandbox-agent/dist", file)).href);
const { SandboxAgent } = await dist("index.js");
const { local } = await dist("providers/local.js");

// The client gives a server 15 s; a busy machine may need more than one try.
async function start(tries) {
  try {
    return await SandboxAgent.start({ sandbox: local({ log: "silent" }) });
  } catch (error) {
    if (tries === 1 || !String(error.message).startsWith("Timed out waiting")) throw error;
    return start(tries - 1);
  }
}
const client = await start(4);
const session = await client.createSession({ agent: "mock", cwd: "/tmp" });
let said = "";
session.onEvent((event) => {
  const update = event.payload.params?.update;
  if (update?.sessionUpdate === "agent_message_chunk") said += update.content.text;
});
const answer = await session.prompt([{ type: "text", text: "echo started by the client" }]);
console.log(answer.stopReason, said);

// Nobody else gets in: the token is the client's own.
const url = "http://" + client.sandboxId.slice("local/".length);
console.log("without a token", (await fetch(url + "/v1/agents")).status);
console.log("health", (await (await fetch(url + "/v1/health")).json()).status);

await client.destroySandbox();
const left = await fetch(url + "/v1/health").then(
  () => "still there",
  () => "gone",
);
console.log("after", left);
