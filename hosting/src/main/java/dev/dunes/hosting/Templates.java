package dev.dunes.hosting;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.Placement;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Sandboxes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The templates there are, and which of them can be had: what they need is looked for in a real
 * sandbox. Safe for use by several threads.
 */
public final class Templates {
  private static final Logger LOG = LoggerFactory.getLogger(Templates.class);
  private static final Duration KEPT = Duration.ofMinutes(5);
  private static final Duration KEPT_AFTER_FAILURE = Duration.ofSeconds(10);
  private static final Duration PROBE_LIMIT = Duration.ofSeconds(60);

  /** Prints, one a line, which of its arguments are missing; those after {@code --} are modules. */
  private static final String PROBE =
      """
      while [ "$#" -gt 0 ] && [ "$1" != -- ]; do
        command -v "$1" >/dev/null 2>&1 || echo "$1"
        shift
      done
      shift
      [ "$#" -eq 0 ] || python3 -c '
      import importlib.util, sys
      for name in sys.argv[1:]:
          if importlib.util.find_spec(name) is None:
              print(name)
      ' "$@" 2>/dev/null || printf '%s\\n' "$@"
      """;

  private final Supplier<Sandboxes> sandboxes;
  private final Placement placement;
  private final List<Template> all;
  private final ReentrantLock probing = new ReentrantLock();

  /** The templates of which it was said what they lack. */
  private final Set<String> noticed = ConcurrentHashMap.newKeySet();

  private final Map<Optional<String>, Probed> probed = new LinkedHashMap<>();

  /** What was missing in a sandbox of one image. */
  private record Probed(List<String> missing, Optional<String> problem, long at) {
    boolean fresh() {
      Duration kept = problem.isPresent() ? KEPT_AFTER_FAILURE : KEPT;
      return System.nanoTime() - at < kept.toNanos();
    }
  }

  Templates(Supplier<Sandboxes> sandboxes, Placement placement, List<Template> all) {
    this.sandboxes = sandboxes;
    this.placement = placement;
    this.all = List.copyOf(all);
  }

  /**
   * A template by its name; {@code namespace/} before and {@code :default} after it are ignored.
   */
  public Optional<Template> find(String name) {
    String plain = plain(name);
    return all.stream().filter(template -> template.named(plain)).findFirst();
  }

  private static String plain(String name) {
    String bare = name.substring(name.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    return bare.endsWith(":default") ? bare.substring(0, bare.indexOf(':')) : bare;
  }

  /**
   * What keeps a sandbox of a template from being made under this name: less than what is missing
   * where the name does not promise all of it.
   */
  List<String> inTheWay(TemplateStatus status, String name) {
    if (!status.availableAs().contains(plain(name))) {
      return status.missing();
    }
    if (noticed.add(status.template().id())) {
      LOG.warn(
          "sandboxes of template '{}' lack {}: what imports them fails; install them where sandboxes see them, on this machine below /usr",
          plain(name),
          String.join(", ", status.missing()));
    }
    return List.of();
  }

  /** Those there are everywhere. */
  public static List<Template> builtIn() {
    return BuiltInTemplates.ALL;
  }

  /** All templates, and which can be had. */
  public List<TemplateStatus> list() {
    return all.stream().map(this::status).toList();
  }

  /** Whether a template can be had. */
  public TemplateStatus status(Template template) {
    Probed found = probe(template.image());
    List<String> missing = new ArrayList<>();
    template.commands().stream().filter(found.missing()::contains).forEach(missing::add);
    template.pythonModules().stream()
        .map(module -> "python:" + module)
        .filter(found.missing()::contains)
        .forEach(missing::add);
    return new TemplateStatus(template, missing, found.problem());
  }

  private Probed probe(Optional<String> image) {
    try {
      probing.lockInterruptibly();
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for what templates need", e);
    }
    try {
      Probed known = probed.get(image);
      if (known == null || !known.fresh()) {
        known = look(image);
        probed.put(image, known);
      }
      return known;
    } finally {
      probing.unlock();
    }
  }

  private Probed look(Optional<String> image) {
    List<Template> here = all.stream().filter(t -> t.image().equals(image)).toList();
    List<String> commands = here.stream().flatMap(t -> t.commands().stream()).distinct().toList();
    List<String> modules =
        here.stream().flatMap(t -> t.pythonModules().stream()).distinct().toList();
    List<String> argv = new ArrayList<>(List.of("/bin/sh", "-c", PROBE, "probe"));
    argv.addAll(commands);
    argv.add("--");
    argv.addAll(modules);
    SandboxSpec.Builder spec = SandboxSpec.builder().lifetime(PROBE_LIMIT.multipliedBy(2));
    image.ifPresent(spec::image);
    try {
      ExecResult result =
          sandboxes
              .get()
              .inNewSandbox(
                  spec.build(),
                  placement,
                  sandbox -> sandbox.exec(Command.builder(argv).timeout(PROBE_LIMIT).build()));
      if (result.timedOut()) {
        return failed(
            "looking at what is installed took longer than " + PROBE_LIMIT.toSeconds() + " s");
      }
      List<String> lines = result.stdout().lines().toList();
      List<String> missing = new ArrayList<>();
      commands.stream().filter(lines::contains).forEach(missing::add);
      modules.stream().filter(lines::contains).map(m -> "python:" + m).forEach(missing::add);
      return new Probed(List.copyOf(missing), Optional.empty(), System.nanoTime());
    } catch (SandboxInterruptedException e) {
      throw e;
    } catch (SandboxException e) {
      LOG.warn("could not look at what is installed in a sandbox", e);
      return failed(e.getMessage() + e.remedy().map(r -> "; " + r).orElse(""));
    }
  }

  private static Probed failed(String problem) {
    return new Probed(List.of(), Optional.of(problem), System.nanoTime());
  }
}
