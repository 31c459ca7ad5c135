package dev.dunes.provider.modal;

import dev.dunes.provider.cloud.CloudSandbox;
import dev.dunes.provider.cloud.CloudSpecs;
import dev.dunes.provider.cloud.FilePut;
import dev.dunes.provider.cloud.Launch;
import dev.dunes.provider.cloud.VendorProcess;
import dev.dunes.provider.modal.ModalShape.Found;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.Forking;
import dev.dunes.sandbox.Pausing;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxAuthenticationException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.Snapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** A sandbox at Modal. */
final class ModalSandbox extends CloudSandbox implements Pausing, Forking {
  private static final Duration SNAPSHOT_LIMIT = Duration.ofMinutes(10);
  private static final Duration QUIET_LIMIT = Duration.ofSeconds(30);

  /** Modal forgets images after 30 days unless told otherwise. */
  private static final long KEPT_FOR_EVER = -1;

  /** In base64, with a script of ours, below what Modal takes as arguments. */
  private static final int MOST_INLINE = 32 << 10;

  private final ModalSandboxProvider provider;

  ModalSandbox(ModalSandboxProvider provider, Found found, SandboxSpec spec) {
    super(provider, ModalShape.info(found), spec);
    this.provider = provider;
  }

  static SandboxStateException paused(String id) {
    return new SandboxStateException(
        "the sandbox is paused",
        ErrorDetails.at(ModalSandboxProviderFactory.NAME, id).withRemedy("resume it first"));
  }

  // ---- commands ----

  @Override
  protected int mostInline() {
    return MOST_INLINE;
  }

  @Override
  protected VendorProcess launch(Launch launch) {
    return process(launch);
  }

  private ModalProcess process(Launch launch) {
    Router router = provider.router(id());
    try {
      return ModalProcess.start(this, router, launch);
    } catch (SandboxException e) {
      SandboxException why = why(e);
      if (why != e || provider.router(id()) == router) {
        throw why;
      }
      // it was paused meanwhile, and goes on elsewhere
      return ModalProcess.start(this, provider.router(id()), launch);
    }
  }

  /** Says of a sandbox that is gone or stopped that it is, whatever was said. */
  SandboxException why(SandboxException cause) {
    if (cause instanceof SandboxAuthenticationException || cause instanceof SandboxQuotaException) {
      return cause;
    }
    Optional<Found> now = provider.find(id());
    if (now.isEmpty()) {
      return new SandboxNotFoundException(
          "sandbox '%s' is gone: destroyed, or its time was over".formatted(id()),
          ErrorDetails.at(provider(), id())
              .withRemedy("`ds list` shows what there is")
              .withCause(cause));
    }
    if (now.get().state() == SandboxState.STOPPED) {
      provider.forget(id());
      return paused(id());
    }
    if (!provider.router(id()).sandbox().equals(now.get().vendor())) {
      provider.forget(id());
    }
    return cause;
  }

  /** Throws when it is gone or stopped; else what went wrong may pass. */
  void checkAlive(SandboxException cause) {
    SandboxException why;
    try {
      why = why(cause);
    } catch (SandboxException e) {
      return; // nobody knows now: the vendor cannot be reached
    }
    if (why != cause) {
      throw why;
    }
  }

  /** The exit code of a short script whose output nobody reads. */
  int runQuietly(String script, String... arguments) {
    List<String> argv = new ArrayList<>(List.of("/bin/sh", "-c", script, "dunes"));
    argv.addAll(List.of(arguments));
    String exec = UUID.randomUUID().toString();
    Router router = provider.router(id());
    router.call(
        "TaskExecStart",
        task ->
            new WireFields()
                .text(1, task)
                .text(2, exec)
                .texts(3, argv)
                .number(6, QUIET_LIMIT.toSeconds()));
    WireMessage exit =
        router.call(
            "TaskExecWait",
            task -> new WireFields().text(1, task).text(2, exec),
            Optional.of(QUIET_LIMIT));
    return (int) (exit.has(2) ? -exit.number(2) : exit.number(1));
  }

  // ---- files ----

  @Override
  protected FilePut put(String path) {
    List<String> argv = List.of("/bin/sh", "-c", "exec cat >\"$1\"", "dunes", path);
    Launch launch =
        new Launch(
            argv,
            Map.of("LC_ALL", "C"),
            true,
            Optional.empty(),
            Optional.empty(),
            false,
            Optional.empty(),
            UUID.randomUUID().toString());
    return new ModalPut(this, provider.router(id()), path, process(launch));
  }

  /** A script of ours for one use. */
  void putScript(String path, String script) {
    try (FilePut put = put(path)) {
      put.write(script.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw e.getCause() instanceof SandboxException known
          ? known
          : new ProviderException(
              "a long command could not be brought to modal",
              ErrorDetails.at(provider(), id())
                  .withRemedy("try again; see its status page")
                  .withCause(e));
    }
  }

  // ---- time ----

  @Override
  protected void setLifetime(Duration lifetime) {
    Found found = provider.require(id());
    if (found.state() == SandboxState.STOPPED) {
      throw paused(id());
    }
    Instant end = Instant.now().plus(lifetime);
    if (ModalShape.time(found.tag(ModalShape.LIMIT)).filter(end::isAfter).isPresent()) {
      throw CloudSpecs.unsupported(
          provider(),
          "lifetime",
          "it ends a sandbox at %s, which is fixed when it is made"
              .formatted(found.tag(ModalShape.LIMIT)),
          "set `modal_max_lifetime` to the most seconds a sandbox may live, and make it anew");
    }
    try {
      Deadline.set(this, lifetime);
    } catch (SandboxException e) {
      throw why(e);
    }
    Map<String, String> tags = new HashMap<>(found.tags());
    tags.put(ModalShape.DEADLINE, end.toString());
    provider.api.tag(found.vendor(), tags);
  }

  // ---- pausing: the files stay, processes end ----

  @Override
  public Optional<Pausing> pausing() {
    return Optional.of(this);
  }

  @Override
  public void pause() {
    provider.pauses.pause(this);
  }

  @Override
  public void resume() {
    provider.pauses.resume(this);
  }

  // ---- copying ----

  @Override
  public Optional<Forking> forking() {
    return Optional.of(this);
  }

  /** The id of an image with its files as they are now. */
  String saveFiles() {
    String key = UUID.randomUUID().toString();
    Router router = provider.router(id());
    try {
      return provider.saving(key, () -> saveFiles(router, key), () -> unsave(router, key));
    } catch (SandboxException e) {
      throw why(e);
    }
  }

  /** With the same key nothing is made twice. */
  private static String saveFiles(Router router, String key) {
    String image =
        router
            .call(
                "TaskSnapshotFilesystem",
                task -> new WireFields().text(1, task).text(2, key).number(3, KEPT_FOR_EVER),
                Optional.of(SNAPSHOT_LIMIT))
            .text(1);
    if (image.isEmpty()) {
      throw new ProviderException(
          "modal did not say which image it made",
          ErrorDetails.at(ModalSandboxProviderFactory.NAME, router.sandbox())
              .withRemedy("try again"));
    }
    return image;
  }

  /** Nothing else says which image was made of this one: it is asked for again, with its key. */
  private boolean unsave(Router router, String key) {
    try {
      return provider.deleteSnapshot(saveFiles(router, key));
    } catch (SandboxNotFoundException | SandboxStateException e) {
      return false; // it has ended, and saves nothing any more
    }
  }

  @Override
  public Snapshot snapshot() {
    return new Snapshot(saveFiles(), provider(), Instant.now());
  }

  /** The image is only needed to begin with. */
  @Override
  public Sandbox fork() {
    Found found = provider.require(id());
    SandboxSpec spec = Variables.of(this, found);
    String image = saveFiles();
    try {
      return provider.fork(spec, image);
    } finally {
      provider.pauses.drop(image);
    }
  }

  @Override
  public boolean deleteSnapshot(String id) {
    return provider.deleteSnapshot(id);
  }
}
