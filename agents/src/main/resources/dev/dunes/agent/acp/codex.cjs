#!{{NODE}}
// Stands between codex-acp and its Codex. The modes of codex-acp that ask rely on Codex's own
// sandbox, which cannot be had inside another: every command would fail, and nobody be asked. Here
// they become what they mean: no sandbox within the sandbox, and a question before every command
// and change that is not known to be harmless.
"use strict";
const { spawn } = require("node:child_process");
const { createInterface } = require("node:readline");

const codex = spawn(process.execPath, ["{{CODEX}}", ...process.argv.slice(2)], {
  stdio: ["pipe", "inherit", "inherit"],
});
codex.on("exit", (code, signal) => process.exit(signal ? 1 : code));
codex.on("error", (error) => {
  console.error(String(error));
  process.exit(1);
});
codex.stdin.on("error", () => {});

const asks = (params) => params?.approvalPolicy === "on-request";

function meant(line) {
  let message;
  try {
    message = JSON.parse(line);
  } catch {
    return line;
  }
  const params = message.params;
  if (!asks(params)) return line;
  params.approvalPolicy = "untrusted";
  params.approvalsReviewer = "user";
  if (params.sandboxPolicy) params.sandboxPolicy = { type: "dangerFullAccess" };
  if (params.sandbox) params.sandbox = "danger-full-access";
  return JSON.stringify(message);
}

createInterface({ input: process.stdin, crlfDelay: Infinity })
  .on("line", (line) => codex.stdin.write(meant(line) + "\n"))
  .on("close", () => codex.stdin.end());
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => codex.kill(signal));
