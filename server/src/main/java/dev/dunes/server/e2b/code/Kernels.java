package dev.dunes.server.e2b.code;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.server.http.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Starts kernels. Their programs are never files of a sandbox, where others could change them: each
 * kernel reads its own from its standard input.
 */
final class Kernels {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int NO_PROGRAM = 90;
  private static final int NO_DIRECTORY = 91;
  private static final int NO_TYPESCRIPT = 92;
  private static final int NO_JSHELL = 93;

  /** Says by its exit code what stands in the way. */
  private static final String LOOK =
      """
      command -v "$1" >/dev/null || exit 90
      cd -- "$2" 2>/dev/null || exit 91
      if [ "$3" = typescript ]; then
        node -e 'process.exit(require("node:module").stripTypeScriptTypes ? 0 : 92)' || exit
      fi
      if [ "$3" = java ]; then
        case "$(java --list-modules 2>/dev/null)" in *jdk.jshell*) ;; *) exit 93 ;; esac
      fi
      """;

  /**
   * Java wants its program in a file that it can look at twice. This one has no name any more when
   * it is read.
   */
  private static final String JAVA =
      """
      file=$(mktemp) && head -c "$1" >"$file" && exec 3<"$file" && rm -f -- "$file" &&
      exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto --add-modules jdk.jshell \
        --source 11 /dev/fd/3
      """;

  private static final String PYTHON =
      """
      import json, os, sys
      size, data = int(sys.argv[1]), b""
      while len(data) < size:
          data += os.read(0, size - len(data)) or sys.exit(1)
      parts = json.loads(data)
      exec(compile(parts["kernel"], "<kernel>", "exec"),
           {"__name__": "__kernel__", "CHARTS_SOURCE": parts["charts"]})
      """;

  /** In a block: its names are not those of cells. */
  private static final String NODE =
      """
      {
        const fs = require('node:fs');
        const data = Buffer.alloc(Number(process.argv[1]));
        for (let at = 0; at < data.length; ) {
          try {
            const count = fs.readSync(0, data, at, data.length - at);
            if (count === 0) process.exit(1);
            at += count;
          } catch (error) {
            if (error.code !== 'EAGAIN') throw error;
          }
        }
        require('node:vm').runInThisContext(
          '(function (require, load, TYPESCRIPT) {' + data + '\\n})', { filename: 'kernel' },
        )(require, (name) => import(name), process.argv[2] === 'typescript');
      }
      """;

  private Kernels() {}

  /**
   * Whether a language can be run in a sandbox.
   *
   * @throws KernelException when it cannot, or the directory is not there
   */
  static void check(Sandbox sandbox, Language language, String cwd) {
    ExecResult found =
        sandbox.exec(
            Command.builder("/bin/sh", "-c", LOOK, "look", language.program(), cwd, language.id())
                .timeout(LIMIT)
                .outputLimit(4096)
                .build());
    switch (found.exitCode()) {
      case 0 -> {}
      case NO_PROGRAM ->
          throw new KernelException(
              "%s cannot be run in this sandbox, it has no '%s'; use a template that has it"
                  .formatted(language.id(), language.program()));
      case NO_DIRECTORY -> throw new KernelException("cwd '%s' does not exist".formatted(cwd));
      case NO_TYPESCRIPT ->
          throw new KernelException(
              "typescript cannot be run in this sandbox: its node cannot strip types, which those from 22.13 on can; use a template that has one, or javascript");
      case NO_JSHELL ->
          throw new KernelException(
              "java cannot be run in this sandbox: its java is no JDK of 11 or newer with the module jdk.jshell; use a template that has one");
      default ->
          throw new KernelException(
              "what the sandbox can run is not known: looking for %s gave exit code %d"
                  .formatted(language.program(), found.exitCode()));
    }
  }

  /**
   * Starts a kernel.
   *
   * @throws KernelException when it cannot be had
   */
  static Kernel start(Sandbox sandbox, Language language, String cwd) throws InterruptedException {
    check(sandbox, language, cwd);
    try {
      return switch (language) {
        case PYTHON -> {
          byte[] parts =
              Json.bytes(
                  Json.object().put("kernel", text("kernel.py")).put("charts", text("charts.py")));
          yield start(
              sandbox,
              new FramedTalk(false, false),
              parts,
              cwd,
              "python3",
              "-c",
              PYTHON,
              size(parts));
        }
        case JAVASCRIPT, TYPESCRIPT -> {
          byte[] program = text("kernel.cjs").getBytes(StandardCharsets.UTF_8);
          yield start(
              sandbox,
              new FramedTalk(true, true),
              program,
              cwd,
              "node",
              "--no-warnings",
              "-e",
              NODE,
              size(program),
              language.id());
        }
        case JAVA -> {
          byte[] program = text("Kernel.java").getBytes(StandardCharsets.UTF_8);
          yield start(
              sandbox,
              new FramedTalk(true, false),
              program,
              cwd,
              "/bin/sh",
              "-c",
              JAVA,
              "java",
              size(program));
        }
        case BASH ->
            start(
                sandbox,
                new ShellTalk(),
                new byte[0],
                cwd,
                "bash",
                "--norc",
                "--noprofile",
                "-c",
                text("kernel.sh"),
                "bash");
      };
    } catch (SandboxException e) {
      throw new KernelException("the kernel did not start: " + e.getMessage(), e);
    }
  }

  private static Kernel start(
      Sandbox sandbox, Talk talk, byte[] program, String cwd, String... argv)
      throws InterruptedException {
    Command command = Command.builder(argv).workingDir(cwd).openStdin().build();
    return KernelProcess.start(sandbox.start(command), talk, program, LIMIT);
  }

  private static String size(byte[] data) {
    return Integer.toString(data.length);
  }

  private static String text(String name) {
    try (InputStream resource = Kernels.class.getResourceAsStream(name)) {
      if (resource == null) {
        throw new IllegalStateException("the module lacks " + name);
      }
      return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
