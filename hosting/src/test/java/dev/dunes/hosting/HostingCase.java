package dev.dunes.hosting;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A hosting in a directory of its own, and the account of the one who runs it. */
abstract class HostingCase {
  @TempDir Path directory;
  Hosting hosting;
  Account main;

  @BeforeEach
  void open() {
    hosting = new Hosting(Ground.config(directory).build());
    main = hosting.mainAccount();
  }

  @AfterEach
  void close() {
    Ground.clear(hosting, main);
    hosting.close();
  }
}
