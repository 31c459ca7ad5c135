package dev.dunes.agent.harness;

import dev.dunes.agent.drive.Json;
import dev.dunes.sandbox.Sandbox;
import tools.jackson.databind.JsonNode;

/** An MCP server called {@code scripted} with one tool, {@code echo}, that answers {@code pong}. */
public final class McpServer {
  /** Each call leaves an {@code x} there. */
  public static final String CALLS = "/home/user/mcp-called";

  private static final String PLACE = "/home/user/server.py";

  private static final String PROGRAM =
      """
      import json, sys
      for line in sys.stdin:
          m = json.loads(line)
          if 'id' not in m: continue
          r = {}
          if m['method'] == 'initialize':
              r = {'protocolVersion': m['params']['protocolVersion'], 'capabilities': {'tools': {}},
                   'serverInfo': {'name': 'scripted', 'version': '1'}}
          elif m['method'] == 'tools/list':
              r = {'tools': [{'name': 'echo', 'description': 'Echoes',
                   'inputSchema': {'type': 'object', 'properties': {'text': {'type': 'string'}}}}]}
          elif m['method'] == 'tools/call':
              open('/home/user/mcp-called', 'a').write('x')
              r = {'content': [{'type': 'text', 'text': 'pong'}]}
          print(json.dumps({'jsonrpc': '2.0', 'id': m['id'], 'result': r}), flush=True)
      """;

  private McpServer() {}

  /** Puts it into a sandbox; what an agent is to be told about it. */
  public static JsonNode in(Sandbox sandbox) {
    sandbox.files().write(PLACE, PROGRAM);
    return Json.MAPPER.readTree(
        "{\"scripted\":{\"command\":\"python3\",\"args\":[\"%s\"],\"env\":{\"SERVER_KEY\":\"s3cret\"}}}"
            .formatted(PLACE));
  }
}
