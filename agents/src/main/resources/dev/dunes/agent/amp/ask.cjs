// Asks the driver of Amp whether a tool may run: node ask.cjs SOCKET < input. Ends with 0 for yes, 2 for no.
const net = require("node:net");
const LIMIT = 1 << 20;
let input = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (piece) => {
  if (input.length < LIMIT) input += piece;
});
process.stdin.on("end", () => {
  let value;
  try {
    value = JSON.parse(input);
  } catch {
    value = input.slice(0, LIMIT);
  }
  const question = { tool: process.env.AGENT_TOOL_NAME, call: process.env.AGENT_TOOL_USE_ID, input: value };
  let answer = "";
  const socket = net.connect(process.argv[2], () => socket.write(JSON.stringify(question) + "\n"));
  socket.setEncoding("utf8");
  socket.on("data", (piece) => {
    answer += piece;
    if (answer.includes("\n")) process.exit(answer.trim() === "yes" ? 0 : 2);
  });
  // Whoever is not answered may not.
  socket.on("error", () => process.exit(2));
  socket.on("close", () => process.exit(2));
});
