package dev.dunes.provider.cloudflare;

import dev.dunes.provider.cloud.BufferedPut;
import dev.dunes.provider.cloud.CloudSandbox;
import dev.dunes.provider.cloud.FilePut;
import dev.dunes.provider.cloud.FrameScripts;
import dev.dunes.provider.cloud.FramedProcess;
import dev.dunes.provider.cloud.Launch;
import dev.dunes.provider.cloud.OwnRecord;
import dev.dunes.provider.cloud.PartedPut;
import dev.dunes.provider.cloud.VendorProcess;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxTimeoutException;
import dev.dunes.sandbox.Timeouts;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** A sandbox at Cloudflare. */
final class CloudflareSandbox extends CloudSandbox {
  /** In one request, and in memory until it has arrived; the bridge takes 32 MiB. */
  private static final int PART = 8 << 20;

  /** A command becomes one word of a shell's arguments there: Linux, MAX_ARG_STRLEN. */
  private static final int LONGEST_LINE = 100_000;

  private static final Duration GRACE = Duration.ofSeconds(10);
  private static final Duration FIRST_LIMIT = Duration.ofSeconds(60);
  private static final int TIMED_OUT = 124;
  private static final int LINES_OF_WHOLE = 3;

  /** An exclamation mark is in no base64, so a file that breaks off is noticed. */
  private static final String READ = "{ base64 <\"$1\" || printf '!'; } | tr -d '\\n'";

  private final CloudflareSandboxProvider provider;
  private final CloudflareApi api;

  CloudflareSandbox(
      CloudflareSandboxProvider provider, CloudflareApi api, OwnRecord record, SandboxSpec spec) {
    super(provider, CloudflareSandboxProvider.info(record), spec);
    this.provider = provider;
    this.api = api;
  }

  // ---- running programs ----

  /** Starts the container of a new sandbox and marks it as its own. */
  static void mark(CloudflareApi api, String id, List<String> first) {
    List<String> argv = shortened(api, id, first);
    try (ExecEvents events = api.exec(id, argv, Optional.of(FIRST_LIMIT), argv.equals(first))) {
      ShortRun run = Timeouts.within(FIRST_LIMIT.plus(GRACE), () -> ShortRun.of(events));
      if (run.code() != 0) {
        throw new ProviderException(
            "the sandbox cannot be used (exit %d): %s"
                .formatted(run.code(), api.secrets.clean(run.errors())),
            ErrorDetails.at(CloudflareSandboxProviderFactory.NAME, id)
                .withRemedy("its image needs a POSIX shell, coreutils and grep"));
      }
    } catch (IOException e) {
      throw broken(api, id, e);
    }
  }

  /** Runs a program in this sandbox's container only. */
  ExecEvents exec(List<String> program, Optional<Duration> limit) {
    provider.requireThere(id());
    try {
      return api.exec(id(), shortened(api, id(), Gate.enter(id(), program)), limit, false);
    } catch (SandboxException e) {
      throw why(e);
    }
  }

  /** Arguments that do not fit in a command line go in a file that removes itself. */
  private static List<String> shortened(CloudflareApi api, String id, List<String> argv) {
    String line = FramedProcess.line(argv);
    if (line.getBytes(StandardCharsets.UTF_8).length < LONGEST_LINE) {
      return argv;
    }
    String path = "/workspace/.dunes-" + UUID.randomUUID();
    String script = "rm -f %s\nexec %s\n".formatted(path, line);
    api.put(id, path, List.of(script.getBytes(StandardCharsets.UTF_8)));
    return List.of("/bin/sh", path);
  }

  @Override
  protected VendorProcess launch(Launch launch) {
    return CloudflareProcess.start(this, launch);
  }

  @Override
  protected Optional<Whole> runWhole(Launch launch, Duration limit) {
    List<String> program = new ArrayList<>(List.of("/bin/sh", "-c", FrameScripts.WHOLE, "dunes"));
    program.addAll(FramedProcess.withEnv(launch.argv(), launch.env()));
    try (ExecEvents events = exec(program, Optional.of(limit))) {
      ShortRun run = Timeouts.within(limit.plus(GRACE), () -> ShortRun.of(events));
      if (run.gone()) {
        throw lost();
      }
      List<String> lines = run.output().lines().limit(LINES_OF_WHOLE + 1).toList();
      if (lines.size() < LINES_OF_WHOLE && run.code() == TIMED_OUT) {
        throw SandboxTimeoutException.after(limit);
      }
      return Optional.of(whole(lines));
    } catch (IOException e) {
      throw broken(e);
    }
  }

  private static Whole whole(List<String> lines) throws IOException {
    try {
      return new Whole(
          Integer.parseInt(lines.get(2).strip()),
          Base64.getDecoder().decode(lines.get(0).strip()),
          Base64.getDecoder().decode(lines.get(1).strip()));
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new IOException("a command did not give what it should", e);
    }
  }

  // ---- what goes wrong ----

  private static ProviderException broken(CloudflareApi api, String id, IOException e) {
    return new ProviderException(
        "cloudflare could not run a command, or the connection broke: "
            + api.secrets.clean(String.valueOf(e.getMessage())),
        ErrorDetails.at(CloudflareSandboxProviderFactory.NAME, id)
            .withRemedy("try again; see the logs of the Worker")
            .withCause(e));
  }

  SandboxException broken(IOException e) {
    return why(broken(api, id(), e));
  }

  String clean(IOException e) {
    return api.secrets.clean(String.valueOf(e.getMessage()));
  }

  /** Its container is a fresh one. */
  SandboxException lost() {
    return provider.lost(id());
  }

  SandboxException why(SandboxException cause) {
    return provider.why(id(), cause);
  }

  // ---- files ----

  @Override
  protected FilePut put(String path) {
    String place = "/workspace/.dunes-" + UUID.randomUUID();
    return new PartedPut(
        this,
        path,
        place,
        PART,
        part ->
            new BufferedPut(pieces -> {
              provider.requireThere(id());
              try {
                api.put(id(), part, pieces);
              } catch (SandboxException e) {
                throw why(e);
              }
            }));
  }

  @Override
  protected boolean fetches() {
    return true;
  }

  /** As base64 through a command: what the bridge itself reads passes through text. */
  @Override
  protected Optional<InputStream> fetch(String path) {
    List<String> program = List.of("/bin/sh", "-c", READ, "dunes", path);
    return Optional.of(new DecodedOutput(exec(program, Optional.empty()), this));
  }

  // ---- time ----

  @Override
  protected void setLifetime(Duration lifetime) {
    provider.renew(id(), lifetime);
  }
}
