package dev.dunes.hosting;

import dev.dunes.hosting.BuildLog.Level;
import dev.dunes.hosting.BuildPlan.Step;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.SandboxFileException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Does the steps of a build, one after another. E2B wire 2.4. */
final class BuildSteps {
  private static final String HOME = "/home/user";
  private static final String ELSEWHERE =
      "It wanted to write where sandboxes of this provider are read-only: use directories below /home/user, /workspace or /app, or a provider whose sandboxes have a root of their own, such as docker";
  private static final Pattern VARIABLE =
      Pattern.compile("\\$(?:\\{([A-Za-z_]\\w*)}|([A-Za-z_]\\w*))");
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final Pattern MODE = Pattern.compile("[0-7]{3,4}");

  /** Makes a directory; what of it was not there is the second one's, when that is not empty. */
  private static final String MAKE =
      """
      set -e
      make() {
        first=
        part=$1
        while [ ! -e "$part" ] && [ "$part" != / ]; do first=$part; part=$(dirname -- "$part"); done
        mkdir -p -- "$1"
        if [ -n "$2" ] && [ -n "$first" ]; then chown -R -- "$2" "$first"; fi
      }
      """;

  /**
   * Copies $1 to $2; $3 is the mode of files, or empty; $4 says that $2 is a directory; $5 whose
   * they are then, or empty.
   */
  private static final String COPY =
      MAKE
          + """
          if [ -n "$5" ] && [ -e "$1" ]; then chown -hR -- "$5" "$1"; fi
          if [ -n "$3" ]; then find "$1" -type f -exec chmod "$3" {} +; fi
          if [ -d "$1" ] && [ ! -L "$1" ]; then
            make "$2" "$5"
            cp -a -- "$1/." "$2"
          elif [ -e "$1" ] || [ -L "$1" ]; then
            if [ "$4" = directory ]; then make "$2" "$5"; else make "$(dirname -- "$2")" "$5"; fi
            cp -a -- "$1" "$2"
          else
            echo "the archive does not have what is to be copied" >&2
            exit 1
          fi
          """;

  private final BuildShell shell;
  private final BuildLog log;
  private final TemplateFiles files;
  private final String account;
  private final long mostUnpacked;
  private final Map<String, String> env = new LinkedHashMap<>();
  private final Map<String, String> around;
  private final Optional<String> offline;
  private final BuildUsers users;
  private String workingDir;

  /**
   * @param launch what the template below begins with
   * @param around the variables commands see besides
   * @param offline what to say when a command fails that may have wanted the network
   * @param users whom steps run as
   */
  BuildSteps(
      BuildShell shell,
      BuildLog log,
      TemplateFiles files,
      String account,
      long mostUnpacked,
      TemplateBuild.Launch launch,
      Map<String, String> around,
      Optional<String> offline,
      BuildUsers users) {
    this.shell = shell;
    this.log = log;
    this.files = files;
    this.account = account;
    this.mostUnpacked = mostUnpacked;
    this.env.putAll(launch.envs());
    this.around = around;
    this.offline = offline;
    this.users = users;
    this.workingDir = launch.workingDir().orElse(HOME);
  }

  Map<String, String> env() {
    return env;
  }

  String workingDir() {
    return workingDir;
  }

  /** Whom the sandboxes of the template run as; empty for the provider's own. */
  Optional<String> user() {
    return users.current();
  }

  void all(List<Step> steps) throws BuildFailedException {
    for (int i = 0; i < steps.size(); i++) {
      String number = Integer.toString(i + 1);
      Step step = steps.get(i);
      log.add(Level.INFO, number, "[%d/%d] %s".formatted(i + 1, steps.size(), step));
      one(number, step);
    }
    if (users.current().isPresent()) { // who begins there in every sandbox, and can make nothing
      directory("finalize", workingDir);
    }
  }

  private void one(String number, Step step) throws BuildFailedException {
    switch (step.kind()) {
      case RUN -> {
        command(number, step.arg(0), users.of(number, step.arg(0), step.arg(1)));
      }
      case ENV -> {
        for (int i = 0; i + 1 < step.args().size(); i += 2) {
          if (!NAME.matcher(step.arg(i)).matches()) {
            throw new BuildFailedException(
                number, "'%s' is no name of a variable".formatted(step.arg(i)));
          }
          env.put(step.arg(i), expanded(step.arg(i + 1)));
        }
      }
      case WORKDIR -> {
        String target = absolute(expanded(step.arg(0)));
        directory(number, target);
        workingDir = target;
      }
      case USER -> users.become(number, step.arg(0));
      case COPY -> copy(number, step);
    }
  }

  /** Makes one when it is not there, for whom steps run as. */
  private void directory(String number, String path) throws BuildFailedException {
    run(
        number,
        List.of(
            "/bin/sh", "-c", MAKE + "make \"$1\" \"$2\"", "make", path, users.current().orElse("")),
        Optional.empty(),
        Optional.empty());
  }

  private void command(String number, String line, Optional<String> user)
      throws BuildFailedException {
    boolean done = false;
    try {
      run(number, List.of("/bin/bash", "-c", line), Optional.of(workingDir), user);
      done = true;
    } finally {
      if (!done) {
        offline.ifPresent(why -> log.add(Level.WARN, number, why));
      }
    }
  }

  private void run(
      String number, List<String> argv, Optional<String> directory, Optional<String> user)
      throws BuildFailedException {
    CommandExit exit = shell.run(number, argv, env, directory, user);
    if (!exit.success()) {
      throw new BuildFailedException(
          number,
          "the command failed with exit code %d%s; its output is in the log%s"
              .formatted(
                  exit.exitCode(),
                  exit.outOfMemory() ? " (out of memory)" : "",
                  shell.metReadOnly() ? ". " + ELSEWHERE : ""));
    }
  }

  private void copy(String number, Step step) throws BuildFailedException {
    Optional<String> owner = users.owner(number, step.arg(2));
    String mode = step.arg(3);
    if (!mode.isEmpty() && !MODE.matcher(mode).matches()) {
      throw new BuildFailedException(number, "'%s' is no mode such as 0644".formatted(mode));
    }
    String source = source(number, step.arg(0));
    String given = expanded(step.arg(1));
    String target = absolute(given);
    boolean directory = given.endsWith("/") || given.equals(".") || !source.equals(step.arg(0));
    String staging = HOME + "/.dunes-copy-" + Tokens.hex(4);
    try (InputStream tar = files.tar(account, step.filesHash().orElseThrow(), mostUnpacked)) {
      shell.sandbox().files().unpack(tar, staging);
      List<String> argv =
          List.of(
              "/bin/sh",
              "-c",
              COPY,
              "copy",
              staging + "/" + source,
              directory && !target.endsWith("/") ? target + "/" : target,
              mode,
              directory ? "directory" : "",
              owner.orElse(""));
      run(number, argv, Optional.empty(), Optional.empty());
    } catch (java.nio.file.NoSuchFileException e) {
      throw new BuildFailedException(
          number, "the files of this step were not uploaded; ask for their link and upload them");
    } catch (SandboxFileException | IOException e) {
      throw new BuildFailedException(number, "the archive cannot be used: " + e.getMessage());
    } finally {
      if (shell.sandbox().files().exists(staging)) {
        shell.sandbox().files().removeTree(staging);
      }
    }
  }

  /** What of the archive is copied: the source up to its first part with a wildcard. */
  private static String source(String number, String given) throws BuildFailedException {
    List<String> parts = new ArrayList<>();
    for (String part : given.split("/")) {
      if (part.matches(".*[*?\\[{].*")) {
        break;
      }
      if (part.equals("..") || part.indexOf('\0') >= 0) {
        throw new BuildFailedException(
            number, "the source '%s' leads out of the archive".formatted(given));
      }
      if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return String.join("/", parts);
  }

  private String absolute(String path) {
    String plain = path.startsWith("~") ? HOME + path.substring(1) : path;
    String whole = plain.startsWith("/") ? plain : workingDir + "/" + plain;
    String normal = Path.of(whole.replace("\0", "")).normalize().toString();
    return plain.endsWith("/") && !normal.endsWith("/") ? normal + "/" : normal;
  }

  /** Replaces variables; nothing is run for it. */
  private String expanded(String text) {
    Matcher found = VARIABLE.matcher(text);
    return found.replaceAll(match -> {
      String name = match.group(1) != null ? match.group(1) : match.group(2);
      String value = env.getOrDefault(name, around.getOrDefault(name, ""));
      return Matcher.quoteReplacement(value);
    });
  }
}
