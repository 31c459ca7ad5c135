package dev.dunes.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code ds template build}. */
@Command(
    description = {
      "Builds a template from a file like a Dockerfile: FROM, RUN, COPY, ENV, WORKDIR, USER, CMD",
      "(started in every sandbox) and READY (succeeds when a sandbox can be used). What the build",
      "says goes to standard error.",
      ""
    })
final class TemplateBuildVerb implements Verb {
  private static final List<String> FILES =
      List.of("dunes.template", "e2b.Dockerfile", "Dockerfile");
  private static final Duration POLL = Duration.ofMillis(100);

  private final Console console;
  private final ApiTarget target;

  @Parameters(
      arity = "0..1",
      paramLabel = "DIRECTORY",
      description = "Where COPY takes files from (default: the current directory).")
  private Optional<String> directory = Optional.empty();

  @Option(
      names = "--name",
      required = true,
      paramLabel = "NAME",
      description = "What it is called: NAME or NAME:TAG.")
  private String name = "";

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "What to build (default: dunes.template, e2b.Dockerfile or Dockerfile).")
  private Optional<String> file = Optional.empty();

  @Option(names = "--cpu", paramLabel = "N", description = "Cores of its sandboxes.")
  private Optional<Integer> cpu = Optional.empty();

  @Option(names = "--memory", paramLabel = "MIB", description = "Memory of its sandboxes.")
  private Optional<Integer> memory = Optional.empty();

  @Option(names = "--json", description = "Print the outcome as a JSON object.")
  private boolean json;

  TemplateBuildVerb(Console console, ApiTarget target) {
    this.console = console;
    this.target = target;
  }

  @Override
  public int run() {
    if (!name.matches("([A-Za-z0-9_.-]+/)?[A-Za-z0-9_-]{1,128}(:[A-Za-z0-9_.-]{1,128})?")) {
      throw Failure.usage(
          "--name: '%s' cannot be the name of a template".formatted(Printable.line(name)),
          "use up to 128 letters, digits, - and _, such as my-app, or my-app:v2; what it is made from is said by FROM in the file");
    }
    Path from = console.directory().resolve(directory.orElse(""));
    TemplateFile description = read(from);
    try (TemplateServer server = new TemplateServer(target.open(console))) {
      ObjectNode request = TemplateServer.object().put("name", name);
      cpu.ifPresent(value -> request.put("cpuCount", value));
      memory.ifPresent(value -> request.put("memoryMB", value));
      JsonNode asked = server.post("v3/templates", request);
      String path =
          "templates/%s/builds/%s"
              .formatted(asked.path("templateID").asString(""), asked.path("buildID").asString(""));
      server.post(
          "v2/" + path, plan(server, asked.path("templateID").asString(""), from, description));
      return follow(server, path, description);
    } catch (IOException e) {
      throw new Failure(ExitCodes.ERROR, "files cannot be read: " + e.getMessage(), "");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure(ExitCodes.INTERRUPTED, "Interrupted; the build goes on.", "");
    }
  }

  private TemplateFile read(Path from) {
    List<Path> tried = new ArrayList<>();
    file.ifPresentOrElse(
        given -> tried.add(console.directory().resolve(given)),
        () -> FILES.forEach(usual -> tried.add(from.resolve(usual))));
    for (Path path : tried) {
      try {
        return TemplateFile.parse(path.getFileName().toString(), Files.readString(path));
      } catch (NoSuchFileException e) {
        console.explain("there is no " + path);
      } catch (CharacterCodingException e) {
        throw Failure.usage(
            path + " is no text in UTF-8", "-f names the file that says what to build");
      } catch (IOException e) {
        String why = Files.isDirectory(path) ? "it is a directory" : e.getMessage();
        throw Failure.usage(
            "%s cannot be read: %s".formatted(path, why),
            "-f names the file that says what to build");
      }
    }
    throw Failure.usage(
        "there is nothing to build: no "
            + String.join(", ", tried.stream().map(Path::toString).toList()),
        "write one that begins with FROM base, or name it with -f");
  }

  private ObjectNode plan(
      TemplateServer server, String template, Path from, TemplateFile description)
      throws IOException {
    ObjectNode plan = TemplateServer.object();
    plan.put(description.fromImage() ? "fromImage" : "fromTemplate", description.from());
    description.start().ifPresent(line -> plan.put("startCmd", line));
    description.ready().ifPresent(line -> plan.put("readyCmd", line));
    ArrayNode steps = plan.putArray("steps");
    for (TemplateFile.Step step : description.steps()) {
      ObjectNode one = steps.addObject().put("type", step.type()).put("force", false);
      ArrayNode args = one.putArray("args");
      step.args().forEach(args::add);
      if (step.type().equals("COPY")) {
        one.put("filesHash", upload(server, template, from, step.args().getFirst()));
      }
    }
    return plan;
  }

  private String upload(TemplateServer server, String template, Path from, String source)
      throws IOException {
    try (TemplateArchive archive = TemplateArchive.of(from, source)) {
      JsonNode link = server.get("templates/%s/files/%s".formatted(template, archive.hash()));
      if (!link.path("present").asBoolean(false)) {
        server.upload(link.path("url").asString(""), archive.file());
      }
      return archive.hash();
    }
  }

  private int follow(TemplateServer server, String path, TemplateFile description)
      throws InterruptedException {
    int offset = 0;
    while (true) {
      JsonNode now = server.get("%s/status?logsOffset=%d".formatted(path, offset));
      JsonNode lines = now.path("logEntries");
      for (JsonNode line : lines) {
        console.complain(Printable.line(line.path("message").asString("")));
      }
      offset += lines.size();
      String status = now.path("status").asString("");
      boolean over = status.equals("ready") || status.equals("error");
      if (over && lines.isEmpty()) {
        return end(now, status, description);
      }
      if (!over) {
        Thread.sleep(POLL); // the server is asked, it does not tell
      }
    }
  }

  private int end(JsonNode now, String status, TemplateFile description) {
    if (json) {
      ObjectNode outcome = TemplateServer.object().put("name", name);
      outcome.set("templateID", now.path("templateID"));
      outcome.set("buildID", now.path("buildID"));
      outcome.put("status", status);
      if (now.has("reason")) {
        outcome.set("reason", now.path("reason"));
      }
      console.print(PrettyJson.of(outcome) + "\n");
    }
    if (status.equals("ready")) {
      if (!json) {
        console.print(name + "\n");
      }
      return ExitCodes.OK;
    }
    String step = now.path("reason").path("step").asString("");
    String where =
        step.matches("\\d{1,4}") && Integer.parseInt(step) <= description.steps().size()
            ? "line %d: ".formatted(description.steps().get(Integer.parseInt(step) - 1).line())
            : "";
    throw new Failure(
        ExitCodes.ERROR,
        "the build has failed, %s%s"
            .formatted(where, now.path("reason").path("message").asString("")),
        step.equals("base") && !description.fromImage()
            ? "FROM %s means a template, `%s template list` shows yours; an image is named with its tag, such as FROM %s:latest"
                .formatted(description.from(), console.program(), description.from())
            : "");
  }
}
