package dev.dunes.provider.cloud;

import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A vendor for several processes: a sandbox is a file. */
final class VendorFiles {
  private final Path directory;

  /** The ids it was asked to end. */
  final Queue<String> ended = new ConcurrentLinkedQueue<>();

  /** So many of the next endings fail. */
  final AtomicInteger failing = new AtomicInteger();

  VendorFiles(Path directory) {
    this.directory = directory;
  }

  OwnSandboxes open(Path state, String address) {
    ProviderSettings settings =
        new ProviderSettings(Map.of("state_dir", state.toString()), Map.of());
    return new OwnSandboxes(settings, "vendor", URI.create(address), this::end);
  }

  void make(String id) {
    try {
      Files.createFile(directory.resolve(id));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void end(String id) {
    ended.add(id);
    if (failing.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      throw new ProviderException("the vendor does not answer");
    }
    try {
      Files.deleteIfExists(directory.resolve(id));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<String> sandboxes() {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Another program: {@code VENDOR STATE ADDRESS WHEN}. Makes a sandbox and is gone, as if killed,
   * {@code before} the vendor has heard of it, {@code after} that, or when all is {@code done} or
   * {@code detached}. One that {@code waits} does so before the vendor has heard of it, until it
   * has read a line; what it made is detached.
   */
  static final class Maker {
    private Maker() {}

    public static void main(String[] args) {
      VendorFiles vendor = new VendorFiles(Path.of(args[0]));
      String when = args[3];
      String id = OwnSandboxes.newId();
      SandboxSpec spec =
          SandboxSpec.builder().label("of", when).detached(when.matches("detached|waits")).build();
      vendor
          .open(Path.of(args[1]), args[2])
          .make(
              id,
              spec,
              "mark",
              () -> {
                haltIf(when.equals("before"), id);
                if (when.equals("waits")) {
                  System.out.println(id);
                  System.out.flush();
                  new java.util.Scanner(System.in).nextLine();
                }
                vendor.make(id);
                haltIf(when.equals("after"), id);
              });
      haltIf(true, id);
    }

    private static void haltIf(boolean now, String id) {
      if (now) {
        System.out.println(id);
        System.out.flush();
        Runtime.getRuntime().halt(137);
      }
    }
  }
}
