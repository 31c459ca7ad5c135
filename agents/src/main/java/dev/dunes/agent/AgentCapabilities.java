package dev.dunes.agent;

/**
 * What an agent can do through its adapter: each flag is true exactly when the adapter delivers it.
 * The JSON, camel case, is the {@code capabilities} of the agent API, sheet 2.3, in this order.
 *
 * @param planMode it can be told to plan only
 * @param permissions it asks before it acts, and waits
 * @param questions it asks its user, and waits
 * @param toolCalls items that say which tool is called
 * @param toolResults items that say what came of it
 * @param textMessages messages of text
 * @param images pictures can be given with a prompt
 * @param fileAttachments files can be given with a prompt
 * @param sessionLifecycle it says itself when its conversation starts or ends
 * @param errorEvents failures of model and agent are told as errors
 * @param reasoning parts that show what the model thinks
 * @param status items that say how it goes
 * @param commandExecution commands with their output
 * @param fileChanges changed files with their differences
 * @param mcpTools tools of MCP servers
 * @param streamingDeltas text piece by piece
 * @param itemStarted it says itself when an item begins, the user's included
 * @param sharedProcess one process serves several sessions
 */
public record AgentCapabilities(
    boolean planMode,
    boolean permissions,
    boolean questions,
    boolean toolCalls,
    boolean toolResults,
    boolean textMessages,
    boolean images,
    boolean fileAttachments,
    boolean sessionLifecycle,
    boolean errorEvents,
    boolean reasoning,
    boolean status,
    boolean commandExecution,
    boolean fileChanges,
    boolean mcpTools,
    boolean streamingDeltas,
    boolean itemStarted,
    boolean sharedProcess) {
  /** Messages of text and nothing else. */
  public static final AgentCapabilities TEXT =
      new AgentCapabilities(
          false, false, false, false, false, true, false, false, false, false, false, false, false,
          false, false, false, false, false);
}
