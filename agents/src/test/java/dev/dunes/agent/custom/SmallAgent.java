package dev.dunes.agent.custom;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.Agents;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Objects;

/** A small agent of the user's own, in a directory of this host, and the file that names it. */
public final class SmallAgent {
  private final Path directory;
  private final AgentSettings settings;

  public SmallAgent(Path directory) {
    this.directory = directory;
    this.settings =
        new AgentSettings(
            Map.of(
                "DUNES_AGENTS",
                directory.resolve("agents").toString(),
                "DUNES_AGENTS_FILE",
                "agents.json"),
            directory,
            directory);
    Path program = directory.resolve("small");
    try (InputStream script =
        Objects.requireNonNull(SmallAgent.class.getResourceAsStream("/acp/small-agent.py"))) {
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
      Files.createDirectories(program);
      Files.copy(script, program.resolve("small-agent"));
      Files.setPosixFilePermissions(
          program.resolve("small-agent"), PosixFilePermissions.fromString("rwxr-xr-x"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the file. */
  public SmallAgent says(String json) {
    try {
      Files.writeString(directory.resolve("agents.json"), json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** It in its usual form, with variables of its environment. */
  public Agent agent(String env) {
    says(
        """
        {"small": {"command": "${DIRECTORY}/small-agent", "directory": "small",
                   "conversations": [".small"], "env": {%s}}}
        """
            .formatted(env));
    return agents().get("acp:small");
  }

  /** As a process that begins now sees them. */
  public Agents agents() {
    return Agents.open(settings);
  }
}
