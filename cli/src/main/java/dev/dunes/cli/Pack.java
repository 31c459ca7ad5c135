package dev.dunes.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tools for agents: an MCP server that is fetched from a package registry when it is started.
 *
 * @param name of the server in sandstorm.json
 * @param runtime {@code npx} or {@code uvx}
 * @param env variables of the server, and the variables of the user they are filled from
 * @param arguments of the server, after the package
 */
record Pack(
    String name,
    String summary,
    String runtime,
    String packageName,
    Map<String, String> env,
    List<String> arguments) {
  private static final List<Pack> BUILT_IN =
      List.of(
          npx(
              "linear",
              "Issues and projects",
              "linear-mcp",
              "LINEAR_ACCESS_TOKEN",
              "LINEAR_API_KEY"),
          npx("notion", "Pages and databases", "@notionhq/notion-mcp-server", "NOTION_TOKEN"),
          npx("firecrawl", "Web pages as text", "firecrawl-mcp", "FIRECRAWL_API_KEY"),
          npx("exa", "Search on the web", "exa-mcp-server", "EXA_API_KEY"),
          npx("github", "Repositories, issues, pull requests", "@fre4x/github", "GITHUB_TOKEN"));

  Pack {
    env = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(env));
    arguments = List.copyOf(arguments);
  }

  private static Pack npx(String name, String summary, String packageName, String variable) {
    return npx(name, summary, packageName, variable, variable);
  }

  private static Pack npx(
      String name, String summary, String packageName, String variable, String from) {
    return new Pack(name, summary, "npx", packageName, Map.of(variable, from), List.of());
  }

  static List<Pack> all() {
    return BUILT_IN;
  }

  static Optional<Pack> named(String name) {
    return BUILT_IN.stream().filter(pack -> pack.name().equals(name)).findFirst();
  }

  /** The variables the user must set. */
  List<String> variables() {
    return List.copyOf(env.values());
  }

  /** The server as it stands in sandstorm.json. */
  ObjectNode server() {
    ObjectNode server = JsonMapper.shared().createObjectNode().put("command", runtime);
    ArrayNode args = server.putArray("args");
    List<String> all = new ArrayList<>();
    if (runtime.equals("npx")) {
      all.add("-y"); // nobody is there to be asked
    }
    all.add(packageName);
    all.addAll(arguments);
    all.forEach(args::add);
    if (!env.isEmpty()) {
      ObjectNode variables = server.putObject("env");
      env.forEach((name, from) -> variables.put(name, "${" + from + "}"));
    }
    return server;
  }
}
