package dev.dunes.hosting;

import java.util.List;
import java.util.Optional;

/**
 * A template, and whether sandboxes of it can be had here.
 *
 * @param template the template
 * @param missing the commands and Python modules it needs and a sandbox of this machine lacks
 * @param problem why it is not known what is missing
 */
public record TemplateStatus(Template template, List<String> missing, Optional<String> problem) {
  public TemplateStatus {
    missing = List.copyOf(missing);
  }

  public boolean available() {
    return missing.isEmpty() && problem.isEmpty();
  }

  /** The names under which it can be had although Python modules are missing. */
  public List<String> availableAs() {
    boolean modulesOnly = template.commands().stream().noneMatch(missing::contains);
    return !available() && modulesOnly && problem.isEmpty() ? template.bareNames() : List.of();
  }
}
