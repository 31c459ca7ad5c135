package dev.dunes.server.hosted;

import dev.dunes.hosting.BuildLog;
import dev.dunes.hosting.BuiltTemplate;
import dev.dunes.hosting.TemplateBuild;
import dev.dunes.hosting.TemplateBuild.Saved;
import dev.dunes.server.http.Json;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Templates and builds as clients see them. E2B wire 2.4. */
public final class TemplateJson {
  /** What clients may rely on; they look at it before they use newer calls. */
  private static final String ENVD_VERSION = "0.6.13";

  private TemplateJson() {}

  /** A template with its last build. */
  public static ObjectNode row(BuiltTemplate template) {
    ObjectNode json = head(template);
    Optional<TemplateBuild> latest = template.latest();
    json.put("buildID", latest.map(TemplateBuild::id).orElse(""));
    json.put("buildStatus", latest.map(TemplateJson::status).orElse("waiting"));
    json.put("cpuCount", (int) Math.ceil(template.cpuCores())).put("memoryMB", template.memoryMb());
    json.put("diskSizeMB", latest.flatMap(TemplateBuild::saved).map(Saved::diskMb).orElse(0));
    json.put("envdVersion", ENVD_VERSION);
    json.putNull("createdBy");
    json.putNull("lastSpawnedAt");
    return json.put("spawnCount", 0).put("buildCount", template.builds().size());
  }

  /** A template with all its builds. */
  public static ObjectNode whole(BuiltTemplate template) {
    ObjectNode json = head(template);
    ArrayNode builds = json.putArray("builds");
    for (TemplateBuild build : template.builds().reversed()) {
      ObjectNode row = builds.addObject().put("buildID", build.id()).put("status", status(build));
      row.put("createdAt", text(build.createdAt())).put("updatedAt", text(build.updatedAt()));
      build.finishedAt().ifPresent(at -> row.put("finishedAt", text(at)));
      row.put("cpuCount", (int) Math.ceil(template.cpuCores()))
          .put("memoryMB", template.memoryMb());
      build.saved().ifPresent(saved -> row.put("diskSizeMB", saved.diskMb()));
      row.put("envdVersion", ENVD_VERSION);
    }
    return json;
  }

  private static ObjectNode head(BuiltTemplate template) {
    ObjectNode json = Json.object().put("templateID", template.id());
    names(json, template);
    return json.put("public", false)
        .put("createdAt", text(template.createdAt()))
        .put("updatedAt", text(template.updatedAt()));
  }

  /** What it is called. */
  public static void names(ObjectNode json, BuiltTemplate template) {
    json.putArray("names").add(template.name());
    json.putArray("aliases").add(template.name());
  }

  public static String status(TemplateBuild build) {
    return build.status().name().toLowerCase(Locale.ROOT);
  }

  public static ObjectNode line(BuildLog.Line line) {
    return Json.object()
        .put("timestamp", text(line.timestamp()))
        .put("message", line.message())
        .put("level", line.level().name().toLowerCase(Locale.ROOT))
        .put("step", line.step());
  }

  public static String text(Instant time) {
    return time.toString();
  }
}
