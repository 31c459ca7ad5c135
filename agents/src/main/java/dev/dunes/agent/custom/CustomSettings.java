package dev.dunes.agent.custom;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.Agents;
import dev.dunes.agent.ModelDialect;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the user has said of an agent. Placeholders are in {@code command}, {@code args} and the
 * values of {@code env} as they were written: {@link Placeholders}.
 *
 * @param id {@code acp:} and the name in the file
 * @param command a program of the sandbox: looked for in its {@code PATH}, or an absolute path
 * @param directory of this host, shown to the sandbox read-only
 * @param dialects the protocols it can ask a model in, the preferred one first
 * @param conversations where it keeps conversations, relative to its home
 * @param fingerprint of all that was said; another one means another agent
 * @param file where it was said
 */
record CustomSettings(
    String id,
    String command,
    List<String> args,
    Map<String, String> env,
    Optional<Path> directory,
    List<ModelDialect> dialects,
    List<String> conversations,
    String fingerprint,
    Path file) {
  CustomSettings {
    requireNonNull(id, "id");
    requireNonNull(command, "command");
    args = List.copyOf(args);
    env = Map.copyOf(env);
    requireNonNull(directory, "directory");
    dialects = List.copyOf(dialects);
    conversations = List.copyOf(conversations);
    requireNonNull(fingerprint, "fingerprint");
    requireNonNull(file, "file");
  }

  /** The name in the file. */
  String name() {
    return id.substring(Agents.OWN.length());
  }
}
