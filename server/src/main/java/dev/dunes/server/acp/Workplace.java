package dev.dunes.server.acp;

import dev.dunes.sandbox.FileEntry;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.server.v1.Problem;
import dev.dunes.session.Workspace;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The workspace in which everything of this face happens, and never on the host: sessions,
 * processes, files.
 *
 * @param workspace where
 */
record Workplace(Workspace workspace) {
  Sandbox sandbox() {
    return workspace.sandbox();
  }

  boolean isDirectory(String path) {
    try {
      return sandbox().files().stat(path).kind() == FileEntry.Kind.DIRECTORY;
    } catch (SandboxFileException e) {
      return false;
    }
  }

  /**
   * The absolute path of one that was sent; a relative one begins at the home.
   *
   * @throws dev.dunes.server.http.HttpFailure 400 when it leads up
   */
  String absolute(String path) {
    if (path.indexOf('\0') >= 0) {
      throw Problem.invalid("a path holds no NUL").failure();
    }
    if (path.startsWith("/")) {
      return plain(path);
    }
    for (String part : path.split("/", -1)) {
      if (part.equals("..")) {
        throw Problem.invalid("invalid relative path: " + path).failure();
      }
    }
    return plain(workspace.home() + "/" + path);
  }

  /** Without empty parts and dots; what leads above the root stays at the root. */
  private static String plain(String path) {
    Deque<String> parts = new ArrayDeque<>();
    for (String part : path.split("/")) {
      switch (part) {
        case "", "." -> {}
        case ".." -> parts.pollLast();
        default -> parts.addLast(part);
      }
    }
    return "/" + String.join("/", parts);
  }
}
