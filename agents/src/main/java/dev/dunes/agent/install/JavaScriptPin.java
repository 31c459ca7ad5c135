package dev.dunes.agent.install;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The version of an agent that is made of JavaScript packages: each of them with its place and what
 * it must hash to. It is run by the Node of {@link Pins#node()}.
 *
 * @param agent its id
 * @param licence of the agent itself
 * @param program the script to run, relative to the tree
 * @param answers what it must answer when it is tried
 * @param arguments what it is tried with
 * @param input what it is told when it is tried, on its standard input
 * @param lock all its packages, also those for other platforms
 */
public record JavaScriptPin(
    String agent,
    String version,
    String licence,
    String program,
    String answers,
    List<String> arguments,
    String input,
    List<LockedPackage> lock) {
  public JavaScriptPin {
    requireNonNull(agent, "agent");
    requireNonNull(version, "version");
    requireNonNull(licence, "licence");
    requireNonNull(program, "program");
    requireNonNull(answers, "answers");
    arguments = List.copyOf(arguments);
    requireNonNull(input, "input");
    lock = List.copyOf(lock);
  }

  /** Those for this machine. */
  List<LockedPackage> packages() {
    return packages(Platform.current());
  }

  private List<LockedPackage> packages(String platform) {
    return lock.stream().filter(each -> each.fits(platform)).toList();
  }

  /**
   * The whole tree as if it were one package for each platform that has a Node: its integrity is
   * that of the list of all packages, so another lock is another tree.
   */
  public Pin tree() {
    Map<String, PinnedPackage> trees = new LinkedHashMap<>();
    for (String platform : Pins.node().packages().keySet()) {
      String list =
          packages(platform).stream()
              .map(each ->
                  "%s %s %s\n".formatted(each.place(), each.source(), each.source().integrity()))
              .collect(Collectors.joining());
      trees.put(platform, new PinnedPackage(agent, version, Integrity.of(list.getBytes(UTF_8))));
    }
    return new Pin(agent, version, licence, program, answers, trees);
  }

  /** How it is tried. */
  StartCheck check(Path node) {
    return new StartCheck(List.of(node.toString()), arguments, input);
  }
}
