package dev.dunes.cli;

import dev.dunes.sandbox.SandboxFiles;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Files on paper: only what the command line uses. */
final class FakeFiles {
  /** Every file ever written, by its path; what is removed stays here. */
  final Map<String, byte[]> written = new ConcurrentHashMap<>();

  /** What is there now; directories have no bytes. */
  final Map<String, byte[]> present = new ConcurrentHashMap<>();

  SandboxFiles handle() {
    return (SandboxFiles)
        Proxy.newProxyInstance(
            FakeFiles.class.getClassLoader(),
            new Class<?>[] {SandboxFiles.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "write" -> write((String) arguments[0], (byte[]) arguments[1]);
                  case "upload" ->
                      write((String) arguments[1], Files.readAllBytes((Path) arguments[0]));
                  case "mkdir" -> present.put((String) arguments[0], new byte[0]) == null;
                  case "removeTree" -> removeTree((String) arguments[0]);
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  /** The name below its private directory and text of each file ever written. */
  Map<String, String> codes() {
    Map<String, String> codes = new TreeMap<>();
    written.forEach((path, bytes) ->
        codes.put(path.replaceFirst("^/tmp/ds-[0-9a-f]+/", ""), new String(bytes)));
    return codes;
  }

  private Object write(String path, byte[] bytes) {
    written.put(path, bytes.clone());
    present.put(path, bytes.clone());
    return null;
  }

  private Object removeTree(String path) {
    present.keySet().removeIf(p -> p.equals(path) || p.startsWith(path + "/"));
    return null;
  }
}
