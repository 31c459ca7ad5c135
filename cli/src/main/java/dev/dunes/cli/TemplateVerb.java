package dev.dunes.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code ds template}: what sandboxes of a server are made from. */
@Command(
    description = {
      "Builds templates at a server, which sandboxes are then made from; lists and deletes them.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds template build --name my-app",
      "  ds template build --name my-app:v2 -f app.template ./app",
      "  ds template list",
      "  ds template delete my-app"
    })
final class TemplateVerb implements Verb {
  private final Console console;

  @Mixin private ApiTarget target = new ApiTarget();

  TemplateVerb(Console console) {
    this.console = console;
  }

  @Override
  public Map<String, Verb> parts() {
    Map<String, Verb> parts = new LinkedHashMap<>();
    parts.put("build", new TemplateBuildVerb(console, target));
    parts.put("list", new ListTemplates(console, target));
    parts.put("delete", new Delete(console, target));
    return parts;
  }

  @Override
  public int run() {
    throw Parts.missing(console.program() + " template", parts());
  }

  /** {@code ds template list}. */
  @Command(description = {"Lists the templates you have built, the newest first.", ""})
  static final class ListTemplates implements Verb {
    private final Console console;
    private final ApiTarget target;

    @Option(names = "--json", description = "Print a JSON array.")
    private boolean json;

    ListTemplates(Console console, ApiTarget target) {
      this.console = console;
      this.target = target;
    }

    @Override
    public int run() {
      try (TemplateServer server = new TemplateServer(target.open(console))) {
        JsonNode all = server.get("v2/templates");
        if (json) {
          console.print(PrettyJson.of(all) + "\n");
          return ExitCodes.OK;
        }
        Table table = new Table("Name", "ID", "Status", "Builds", "Changed");
        for (JsonNode one : all) {
          table.row(
              List.of(
                  one.path("names").path(0).asString(""),
                  one.path("templateID").asString(""),
                  one.path("buildStatus").asString(""),
                  one.path("buildCount").asString("0"),
                  one.path("updatedAt").asString("")));
        }
        console.print(all.isEmpty() ? "No templates\n" : table.text(console.style()));
        return ExitCodes.OK;
      }
    }
  }

  /** {@code ds template delete}. */
  @Command(description = {"Deletes a template; sandboxes made from it go on.", ""})
  static final class Delete implements Verb {
    private final Console console;
    private final ApiTarget target;

    @Parameters(paramLabel = "NAME", description = "Its name or id.")
    private String name = "";

    Delete(Console console, ApiTarget target) {
      this.console = console;
      this.target = target;
    }

    @Override
    public int run() {
      try (TemplateServer server = new TemplateServer(target.open(console))) {
        server.delete("templates/" + ApiClient.segment(name));
        return ExitCodes.OK;
      }
    }
  }
}
