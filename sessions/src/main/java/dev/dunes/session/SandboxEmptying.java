package dev.dunes.session;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSession;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.session.time.TimeLimit;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes out of a sandbox what shall outlive it, once the result is in: files as events, the
 * conversation into the archive. What fails is logged and left out.
 */
final class SandboxEmptying {
  private static final Logger LOG = LoggerFactory.getLogger(SandboxEmptying.class);
  private static final Duration LOOK_LIMIT = Duration.ofSeconds(10);
  private static final Duration READ_LIMIT = Duration.ofSeconds(30);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

  private final RunStart start;
  private final RunServices services;
  private final LiveRun run;

  SandboxEmptying(RunStart start, RunServices services, LiveRun run) {
    this.start = start;
    this.services = services;
    this.run = run;
  }

  void empty(Sandbox sandbox, HomePaths home, AgentSession session, Optional<GeneratedFiles> before)
      throws InterruptedException {
    if (start.keepSession()) {
      keep(sandbox, home, session);
    }
    if (before.isPresent()) {
      for (GeneratedFiles.Found file : found(sandbox, before.get())) {
        Optional<RunEvent> event = read(sandbox, home, file);
        if (event.isPresent() && !run.publish(event.get())) {
          return;
        }
      }
    }
  }

  private List<GeneratedFiles.Found> found(Sandbox sandbox, GeneratedFiles before) {
    try (TimeLimit _ = new TimeLimit(services.timers(), LOOK_LIMIT)) {
      return before.since(sandbox);
    } catch (SandboxException e) {
      LOG.warn("run {}: could not look for files: {}", run.id(), e.getMessage());
      return List.of();
    }
  }

  private Optional<RunEvent> read(Sandbox sandbox, HomePaths home, GeneratedFiles.Found file) {
    String path = home.at(file.path());
    try (TimeLimit _ = new TimeLimit(services.timers(), READ_LIMIT)) {
      if (file.size() > RunEvent.GeneratedFile.INLINE_LIMIT) {
        try (InputStream contents = sandbox.files().read(path)) {
          services.artifacts().keep(run.id(), file.path(), contents, GeneratedFiles.LARGEST);
        }
        return Optional.of(event(file, Optional.empty()));
      }
      byte[] data;
      try (InputStream contents = sandbox.files().read(path)) {
        data = contents.readNBytes(RunEvent.GeneratedFile.INLINE_LIMIT + 1);
      }
      if (data.length > RunEvent.GeneratedFile.INLINE_LIMIT) {
        throw new IOException("grew while it was read");
      }
      services.artifacts().keep(run.id(), file.path(), new ByteArrayInputStream(data), data.length);
      return Optional.of(
          event(new GeneratedFiles.Found(file.path(), data.length), Optional.of(data)));
    } catch (IOException | SandboxException e) {
      LOG.warn("run {}: could not read {}: {}", run.id(), Path.of(path), e.getMessage());
      return Optional.empty();
    }
  }

  private RunEvent event(GeneratedFiles.Found file, Optional<byte[]> data) {
    return new RunEvent.GeneratedFile(file.path(), file.size(), data, run.id());
  }

  /** The agent writes the end of the conversation when it ends. */
  private void keep(Sandbox sandbox, HomePaths home, AgentSession session) {
    try (TimeLimit _ = new TimeLimit(services.timers(), STOP_LIMIT)) {
      session.endInput();
      session.waitFor();
    } catch (SandboxException | AgentException e) {
      LOG.info("run {}: its agent did not end by itself: {}", run.id(), e.getMessage());
    }
    Optional<String> id = session.nativeSessionId().or(() -> run.record().agentSessionId());
    try (TimeLimit _ = new TimeLimit(services.timers(), READ_LIMIT)) {
      if (id.isEmpty() || !services.archive().keep(id.get(), sandbox, home)) {
        LOG.warn("run {}: its conversation could not be kept", run.id());
      }
    } catch (SandboxException e) {
      LOG.warn("run {}: its conversation could not be kept: {}", run.id(), e.getMessage());
    }
  }
}
