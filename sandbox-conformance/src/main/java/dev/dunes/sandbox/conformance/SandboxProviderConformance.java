package dev.dunes.sandbox.conformance;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;

/**
 * The entry point: extend it, say which provider is meant and what it can do. Topics run side by
 * side. After the last one nothing of what they made may be left: no sandbox, no process, nothing
 * that {@link #leftovers()} finds.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class SandboxProviderConformance {
  private @Nullable Suite suite;

  protected SandboxProviderConformance() {}

  /**
   * Opens the provider under test; public, with a public constructor, so that a second process can
   * use it too.
   */
  protected abstract SandboxProviderFactory factory();

  /**
   * What it is opened with. {@linkplain ProviderSettings#configured() Settings} are handed to
   * second processes.
   */
  protected abstract ProviderSettings settings();

  /** What it can do beyond what every provider must. */
  protected abstract Set<Feature> features();

  /**
   * How many bytes are copied to show that files may be larger than the heap, which has 48 MiB: a
   * gigabyte, or less where the way through a test is much longer than the real one.
   */
  protected long largeFile() {
    return 1L << 30;
  }

  /**
   * What is left of sandboxes that are gone, one line each: directories, mounts, control groups.
   */
  protected List<String> leftovers() {
    return List.of();
  }

  final synchronized Suite suite() {
    if (suite == null) {
      suite = new Suite(factory(), settings(), features(), largeFile());
    }
    return suite;
  }

  @AfterAll
  final void nothingIsLeft() {
    Suite used = requireNonNull(suite());
    try (used) {
      assertThat(used.provider().list(used.labels())).as("sandboxes left behind").isEmpty();
      if (used.has(Feature.ON_THIS_MACHINE)) {
        Suite.eventually(
            "no process of a sandbox left",
            () -> Processes.withVariable(Suite.MARK, used.mark()).isEmpty());
      }
      assertThat(leftovers()).as("left behind").isEmpty();
    }
  }

  @Nested
  class Exec extends ExecTopic {
    Exec() {
      super(SandboxProviderConformance.this::suite);
    }
  }

  @Nested
  class Trees extends ProcessTreeTopic {
    Trees() {
      super(SandboxProviderConformance.this::suite);
    }
  }

  @Nested
  class Streams extends StreamTopic {
    Streams() {
      super(SandboxProviderConformance.this::suite);
    }
  }

  @Nested
  class Terminals extends TerminalTopic {
    Terminals() {
      super(SandboxProviderConformance.this::suite);
    }
  }

  @Nested
  class Contents extends FileContentsTopic {
    Contents() {
      super(SandboxProviderConformance.this::suite);
    }
  }

  @Nested
  class Names extends FileNamesTopic {
    Names() {
      super(SandboxProviderConformance.this::suite);
    }
  }

  @Nested
  class Archives extends FileTreeTopic {
    Archives() {
      super(SandboxProviderConformance.this::suite);
    }
  }

  @Nested
  class Watches extends WatchTopic {
    Watches() {
      super(SandboxProviderConformance.this::suite);
    }
  }

  @Nested
  class Lifecycle extends LifecycleTopic {
    Lifecycle() {
      super(SandboxProviderConformance.this::suite);
    }
  }

  @Nested
  class OtherProcesses extends OtherProcessTopic {
    OtherProcesses() {
      super(SandboxProviderConformance.this::suite);
    }
  }

  @Nested
  class Assignments extends AssignTopic {
    Assignments() {
      super(SandboxProviderConformance.this::suite);
    }
  }

  @Nested
  class Pauses extends PauseTopic {
    Pauses() {
      super(SandboxProviderConformance.this::suite);
    }
  }

  @Nested
  class Forks extends ForkTopic {
    Forks() {
      super(SandboxProviderConformance.this::suite);
    }
  }

  @Nested
  class Ports extends PortTopic {
    Ports() {
      super(SandboxProviderConformance.this::suite);
    }
  }

  @Nested
  class Relays extends RelayTopic {
    Relays() {
      super(SandboxProviderConformance.this::suite);
    }
  }

  @Nested
  class Metrics extends MetricsTopic {
    Metrics() {
      super(SandboxProviderConformance.this::suite);
    }
  }
}
