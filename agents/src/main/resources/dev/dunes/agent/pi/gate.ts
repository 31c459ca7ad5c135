// Asks before each call of a tool; whoever drives pi answers.
export default function (pi: any) {
  pi.on("tool_call", async (call: any, context: any) => {
    const about = { toolCallId: call.toolCallId, tool: call.toolName, input: call.input };
    const answer = await context.ui.select(JSON.stringify(about), ["once", "always", "reject"]);
    if (answer !== "once" && answer !== "always") return { block: true, reason: "The user does not allow this." };
  });
}
