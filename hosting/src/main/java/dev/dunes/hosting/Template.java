package dev.dunes.hosting;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What sandboxes are made from.
 *
 * @param id of the template
 * @param aliases other names
 * @param description one line for people
 * @param cpuCores of its sandboxes, unless the account may have less
 * @param memoryMb of its sandboxes, MiB
 * @param diskMb of its sandboxes, MiB
 * @param timeout how long its sandboxes live unless asked otherwise
 * @param image what the provider starts from; else its default
 * @param commands what must be in the path
 * @param pythonModules what {@code python3} must be able to import
 * @param bareNames aliases under which it is made without the Python modules that are missing
 * @param launch what its sandboxes begin with
 */
public record Template(
    String id,
    List<String> aliases,
    String description,
    double cpuCores,
    int memoryMb,
    int diskMb,
    Duration timeout,
    Optional<String> image,
    List<String> commands,
    List<String> pythonModules,
    List<String> bareNames,
    TemplateBuild.Launch launch) {
  public Template {
    bareNames = List.copyOf(bareNames);
    aliases = List.copyOf(aliases);
    commands = List.copyOf(commands);
    pythonModules = List.copyOf(pythonModules);
  }

  /** One whose sandboxes begin with nothing of their own. */
  public Template(
      String id,
      List<String> aliases,
      String description,
      double cpuCores,
      int memoryMb,
      int diskMb,
      Duration timeout,
      Optional<String> image,
      List<String> commands,
      List<String> pythonModules) {
    this(
        id,
        aliases,
        description,
        cpuCores,
        memoryMb,
        diskMb,
        timeout,
        image,
        commands,
        pythonModules,
        List.of(),
        TemplateBuild.Launch.NONE);
  }

  /** Whether it goes by this name. */
  boolean named(String name) {
    return id.equals(name) || aliases.contains(name);
  }
}
