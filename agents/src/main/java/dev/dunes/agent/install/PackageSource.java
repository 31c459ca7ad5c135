package dev.dunes.agent.install;

import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.InstallProgress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where tarballs of packages come from: the registry of each one's scope, or the directory that
 * {@code DUNES_AGENTS_OFFLINE} names. Safe for use by several threads.
 */
final class PackageSource implements AutoCloseable {
  private final AgentSettings settings;
  private final RegistryClient.Limits limits;
  private final Optional<Path> offline;
  private final Map<String, RegistryClient> clients = new ConcurrentHashMap<>();

  PackageSource(AgentSettings settings, RegistryClient.Limits limits) {
    this.settings = settings;
    this.limits = limits;
    this.offline = settings.variable("DUNES_AGENTS_OFFLINE").map(Path::of);
  }

  /** What it does, for progress. */
  String verb() {
    return offline.isPresent() ? "copy" : "download";
  }

  /** Writes the tarball of a package to a file, checked. */
  void fetch(PinnedPackage wanted, Path tgz, String step, InstallProgress progress)
      throws IOException {
    if (offline.isPresent()) {
      copy(offline.get(), wanted, tgz, step, progress);
    } else {
      client(wanted).download(wanted, tgz, step, progress);
    }
  }

  /**
   * The same without asking first where its tarball is, unless it is not where registries have
   * them.
   */
  void fetchDirectly(PinnedPackage wanted, Path tgz, InstallProgress progress) throws IOException {
    if (offline.isPresent()) {
      copy(offline.get(), wanted, tgz, wanted.toString(), progress);
    } else {
      client(wanted).downloadDirectly(wanted, tgz, wanted.toString(), progress);
    }
  }

  private RegistryClient client(PinnedPackage wanted) {
    return clients.computeIfAbsent(
        Registry.scope(wanted.name()).orElse(""),
        scope ->
            new RegistryClient(Registry.forPackage(wanted.name(), settings), settings, limits));
  }

  private static void copy(
      Path directory, PinnedPackage wanted, Path tgz, String step, InstallProgress progress)
      throws IOException {
    Path source =
        List.of(wanted.packedName(), wanted.tarballName()).stream()
            .map(directory::resolve)
            .filter(Files::isRegularFile)
            .findFirst()
            .orElseThrow(() ->
                InstallFailure.of(
                    "%s has no %s".formatted(directory, wanted.packedName()),
                    "run 'npm pack %s' there, or unset DUNES_AGENTS_OFFLINE".formatted(wanted)));
    try (InputStream in = Files.newInputStream(source)) {
      Downloaded.write(in, Files.size(source), tgz, wanted, step, progress);
    }
  }

  @Override
  public void close() {
    clients.values().forEach(RegistryClient::close);
  }
}
