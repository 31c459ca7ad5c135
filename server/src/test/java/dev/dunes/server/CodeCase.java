package dev.dunes.server;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A sandbox that runs code, of a server of its own. */
abstract class CodeCase {
  @TempDir Path directory;
  CodeDesk desk;

  @BeforeEach
  void open() throws Exception {
    desk = new CodeDesk(directory);
  }

  @AfterEach
  void close() {
    desk.close();
  }
}
