package dev.dunes.session.engine;

import dev.dunes.agent.Agent;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.session.SessionSpec;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What of a session's sandbox outlives it: the agent's conversation, after every turn; the files it
 * worked on, when the sandbox is closed in good order. A directory for each session, mode 0700.
 */
final class Keepsakes {
  private static final Logger LOG = LoggerFactory.getLogger(Keepsakes.class);

  /** More of a directory is not kept. */
  static final long LARGEST = 256L << 20;

  private static final String INDEX = "files.json";
  private static final String WORKSPACE = "/workspace";

  private final Path directory;

  Keepsakes(Path directory) {
    this.directory = directory;
  }

  private Path of(long key) {
    return directory.resolve(Long.toString(key));
  }

  private Path made(long key) throws IOException {
    return Files.createDirectories(
        of(key),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /** Keeps the files a session shall begin with. */
  void keepFiles(long key, Map<String, byte[]> files) {
    if (files.isEmpty()) {
      return;
    }
    try {
      Path target = made(key);
      ObjectNode index = JsonMapper.shared().createObjectNode();
      int number = 0;
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        String name = "file-" + number++;
        Files.write(target.resolve(name), file.getValue());
        index.put(file.getKey(), name);
      }
      Files.write(target.resolve(INDEX), JsonMapper.shared().writeValueAsBytes(index));
    } catch (IOException e) {
      throw Problems.stream(
          "could not keep the files of the session: " + e, "make room in " + directory, e);
    }
  }

  /** Puts the files a session begins with into its sandbox. */
  void putFiles(long key, Sandbox sandbox) throws IOException {
    Path index = of(key).resolve(INDEX);
    if (!Files.exists(index)) {
      return;
    }
    for (Map.Entry<String, JsonNode> file :
        JsonMapper.shared().readTree(Files.readAllBytes(index)).properties()) {
      sandbox
          .files()
          .write(file.getKey(), Files.readAllBytes(of(key).resolve(file.getValue().asString())));
    }
  }

  /** Keeps the agent's conversation; what fails is logged, the one kept before stays. */
  void keepConversation(long key, Agent agent, Sandbox sandbox, String home) {
    List<String> paths = agent.conversationFiles();
    for (int i = 0; i < paths.size(); i++) {
      keep(key, "conversation-" + i, sandbox, home + "/" + paths.get(i));
    }
  }

  /**
   * Keeps the files the agent worked on.
   *
   * @return the directories that could not be kept
   */
  List<String> keepWork(long key, SessionSpec spec, Sandbox sandbox, String home) {
    List<String> lost = new ArrayList<>();
    int number = 0;
    for (String path : work(spec, home)) {
      if (!keep(key, "work-" + number++, sandbox, path)) {
        lost.add(path);
      }
    }
    return lost;
  }

  private static Set<String> work(SessionSpec spec, String home) {
    Set<String> all = new LinkedHashSet<>(List.of(home, WORKSPACE));
    spec.directory()
        .filter(path -> !path.startsWith(home + "/") && !path.startsWith(WORKSPACE + "/"))
        .ifPresent(all::add);
    return all;
  }

  private boolean keep(long key, String name, Sandbox sandbox, String path) {
    try {
      if (!sandbox.files().exists(path)) {
        return true;
      }
      Path part = made(key).resolve(name + ".part");
      try {
        try (InputStream tar = sandbox.files().pack(path);
            OutputStream out = Files.newOutputStream(part)) {
          copy(tar, out);
        }
        Files.move(
            part,
            of(key).resolve(name + ".tar"),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(part);
      }
      return true;
    } catch (IOException | SandboxException e) {
      LOG.warn("{} of a session could not be kept: {}", path, e.toString());
      return false;
    }
  }

  private static void copy(InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[1 << 16];
    long total = 0;
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      total += n;
      if (total > LARGEST) {
        throw new IOException("larger than " + LARGEST + " bytes");
      }
      out.write(buffer, 0, n);
    }
  }

  /**
   * Puts everything that was kept into a new sandbox: the work first, the conversation over it.
   *
   * @return whether the work was kept
   */
  boolean restore(long key, SessionSpec spec, Agent agent, Sandbox sandbox, String home)
      throws IOException {
    int number = 0;
    boolean any = false;
    for (String path : work(spec, home)) {
      any |= unpack(of(key).resolve("work-" + number++ + ".tar"), sandbox, path);
    }
    List<String> paths = agent.conversationFiles();
    for (int i = 0; i < paths.size(); i++) {
      unpack(of(key).resolve("conversation-" + i + ".tar"), sandbox, home + "/" + paths.get(i));
    }
    return any;
  }

  private static boolean unpack(Path file, Sandbox sandbox, String path) throws IOException {
    if (!Files.exists(file)) {
      return false;
    }
    sandbox.files().mkdir(path);
    try (InputStream tar = Files.newInputStream(file)) {
      sandbox.files().unpack(tar, path);
    }
    return true;
  }

  /** Gives another session what was kept of this one. */
  void copy(long from, long to) throws IOException {
    if (!Files.isDirectory(of(from))) {
      return;
    }
    Path target = made(to);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(of(from), "*.tar")) {
      for (Path file : files) {
        Files.copy(file, target.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  void delete(long key) {
    try {
      if (Files.isDirectory(of(key))) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(of(key))) {
          for (Path file : files) {
            Files.delete(file);
          }
        }
        Files.delete(of(key));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
