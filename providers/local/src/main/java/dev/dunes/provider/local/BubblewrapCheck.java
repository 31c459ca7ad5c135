package dev.dunes.provider.local;

import dev.dunes.sandbox.spi.Check;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether bubblewrap is there, new enough, and allowed to do its work. */
final class BubblewrapCheck {
  /**
   * {@code --disable-userns} and {@code --size} came last of what is used:
   * github.com/containers/bubblewrap, NEWS.
   */
  private static final int[] OLDEST = {0, 8, 0};

  private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)\\.(\\d+)");
  private static final int LIMIT_SECONDS = 10;

  private final LocalHost host;

  BubblewrapCheck(LocalHost host) {
    this.host = host;
  }

  List<Check> checks() {
    if (host.bubblewrap().isEmpty()) {
      return List.of(
          Check.fail(
              "bubblewrap",
              "bwrap is not installed",
              "install the package 'bubblewrap' (Debian, Ubuntu: apt-get install bubblewrap)"));
    }
    Path bwrap = host.bubblewrap().get();
    try {
      Check version = version(bwrap, run(bwrap.toString(), "--version").said);
      return version.status() == Check.Status.FAIL
          ? List.of(version)
          : List.of(version, trial(bwrap));
    } catch (IOException e) {
      return List.of(
          Check.fail(
              "bubblewrap",
              "%s does not run: %s".formatted(bwrap, e.getMessage()),
              "install it again"));
    }
  }

  static Check version(Path bwrap, String said) {
    Matcher matcher = VERSION.matcher(said);
    if (!matcher.find()) {
      return Check.fail("bubblewrap", "%s says '%s'".formatted(bwrap, said), "install it again");
    }
    String detail = "%s at %s".formatted(matcher.group(), bwrap);
    for (int i = 0; i < OLDEST.length; i++) {
      int part = Integer.parseInt(matcher.group(i + 1));
      if (part > OLDEST[i]) {
        break;
      }
      if (part < OLDEST[i]) {
        return Check.fail(
            "bubblewrap",
            detail + ", which has no --disable-userns and --size",
            "install version 0.8.0 or newer");
      }
    }
    return Check.ok("bubblewrap", detail);
  }

  /**
   * The namespaces of a sandbox around {@code true}: settings say what may be, this says what is.
   */
  private Check trial(Path bwrap) throws IOException {
    Result result =
        run(
            bwrap.toString(),
            "--unshare-all",
            "--unshare-user",
            "--disable-userns",
            "--uid",
            "1000",
            "--gid",
            "1000",
            "--ro-bind",
            "/",
            "/",
            "--proc",
            "/proc",
            "--dev",
            "/dev",
            "--",
            "/bin/true");
    return result.status == 0
        ? Check.ok("namespaces", "user, pid, mount, network, ipc, uts, cgroup")
        : refused(result.said);
  }

  static Check refused(String said) {
    if (said.contains("proc") && inContainer()) {
      return Check.fail(
          "namespaces",
          "inside a container whose /proc is masked: " + said,
          "start the container with --security-opt systempaths=unconfined");
    }
    if (inContainer()) {
      return Check.fail(
          "namespaces",
          "inside a container that forbids them: " + said,
          "start the container with --security-opt seccomp=unconfined --security-opt systempaths=unconfined");
    }
    return Check.fail(
        "namespaces",
        said,
        "see the check 'user namespaces'; a security module may forbid them, too");
  }

  private static boolean inContainer() {
    return Files.exists(Path.of("/.dockerenv")) || Files.exists(Path.of("/run/.containerenv"));
  }

  private record Result(int status, String said) {}

  private static Result run(String... command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().clear();
    Process process = builder.start();
    try {
      process.getOutputStream().close();
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("no end within %d s".formatted(LIMIT_SECONDS));
      }
      return new Result(
          process.exitValue(),
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip());
    } catch (InterruptedException e) {
      throw new dev.dunes.sandbox.SandboxInterruptedException("looking at bubblewrap", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
