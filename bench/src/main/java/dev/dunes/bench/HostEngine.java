package dev.dunes.bench;

import java.io.IOException;
import java.util.List;

/** No isolation at all: what a process costs. */
final class HostEngine implements Engine {
  static final String NAME = "host";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "`/bin/true` started from Java, no isolation: the floor";
  }

  @Override
  public Remains runTrue() throws IOException, InterruptedException {
    Programs.run(List.of("/bin/true"));
    return () -> {};
  }

  @Override
  public boolean opens() {
    return false;
  }

  @Override
  public Live open() {
    throw new UnsupportedOperationException("the host has no places");
  }
}
