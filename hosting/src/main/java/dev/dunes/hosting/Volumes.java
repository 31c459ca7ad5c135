package dev.dunes.hosting;

import dev.dunes.hosting.HostingException.Reason;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.VolumeMount;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The volumes of all accounts: a directory each, in which a file says whose it is and the provider
 * keeps the rest. Who uses them is known, so that none is deleted in use. Safe for use by several
 * threads.
 */
public final class Volumes implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Volumes.class);
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,128}");
  private static final String FACTS = "volume.json";
  private static final String FILES = "files";

  /** In one sandbox. */
  private static final int MOST_MOUNTED = 16;

  private final Path directory;
  private final Supplier<Sandboxes> sandboxes;
  private final Supplier<String> provider;
  private final VolumeKeepers keepers;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Volume> known = new LinkedHashMap<>();

  /** By the id of a volume, the ids of the sandboxes that have it. */
  private final Map<String, Set<String>> users = new LinkedHashMap<>();

  private boolean read;

  Volumes(Path hosting, Supplier<Sandboxes> sandboxes, Supplier<String> provider) {
    this.directory = hosting.resolve("volumes");
    this.sandboxes = sandboxes;
    this.provider = provider;
    this.keepers = new VolumeKeepers(sandboxes, this::mount);
  }

  /**
   * Makes one.
   *
   * @param name letters, digits, {@code -} and {@code _}
   * @throws HostingException of reason {@code EXISTS} when the account has one of this name
   */
  public Volume create(Account account, String name) {
    if (!NAME.matcher(name).matches()) {
      throw HostingException.invalid(
          "a volume's name has 1 to 128 letters, digits, '-' and '_', and not '%s'"
              .formatted(name.length() > 200 ? name.substring(0, 200) : name));
    }
    String at = requireProvider();
    lock.lock();
    try {
      List<Volume> own = list(account);
      if (own.stream().anyMatch(volume -> volume.name().equals(name))) {
        throw new HostingException(
            Reason.EXISTS,
            "there is a volume '%s' already; use it, or another name".formatted(name));
      }
      if (own.size() >= account.limits().volumes()) {
        throw new HostingException(
            Reason.LIMIT_REACHED,
            "you have reached the limit of %d volumes; delete one"
                .formatted(account.limits().volumes()));
      }
      Volume made =
          new Volume(
              Tokens.id("v"),
              account.id(),
              name,
              Tokens.hex(32),
              at,
              account.limits().volumeMb(),
              Instant.now().truncatedTo(ChronoUnit.MILLIS));
      HostingJson.makeDirectory(directory);
      HostingJson.makeDirectory(directory.resolve(made.id()));
      HostingJson.write(facts(made.id()), made, true);
      known.put(made.id(), made);
      return made;
    } catch (IOException e) {
      throw failed("make a volume", e);
    } finally {
      lock.unlock();
    }
  }

  private String requireProvider() {
    String at = provider.get();
    if (!sandboxes.get().provider(at).takesVolumes()) {
      throw new HostingException(
          Reason.UNSUPPORTED,
          "sandboxes of provider '%s' have no volumes; use provider 'local', or upload the files"
              .formatted(at));
    }
    return at;
  }

  /** The account's, the oldest first. */
  public List<Volume> list(Account account) {
    return all().stream().filter(volume -> volume.account().equals(account.id())).toList();
  }

  /** One of the account's by its id. */
  public Volume get(Account account, String id) {
    return all().stream()
        .filter(volume -> volume.account().equals(account.id()) && volume.id().equals(id))
        .findFirst()
        .orElseThrow(() -> notFound(id));
  }

  /** One by its id and its token: who has that needs no key. */
  public Optional<Volume> byToken(String id, String token) {
    byte[] shown = token.getBytes(StandardCharsets.UTF_8);
    return all().stream()
        .filter(volume -> volume.id().equals(id))
        .filter(
            volume -> MessageDigest.isEqual(volume.token().getBytes(StandardCharsets.UTF_8), shown))
        .findFirst();
  }

  /**
   * Removes one with its files.
   *
   * @throws HostingException of reason {@code IN_USE} while a sandbox has it
   */
  public void delete(Account account, String id) {
    lock.lock();
    try {
      Volume volume = get(account, id);
      Set<String> using = users.getOrDefault(id, Set.of());
      if (!using.isEmpty()) {
        throw new HostingException(
            Reason.IN_USE,
            "volume '%s' is mounted in sandbox %s; end it first"
                .formatted(volume.name(), String.join(", ", using)));
      }
      keepers.end(id);
      Files.deleteIfExists(facts(id));
      known.remove(id);
      remove(volume.provider(), id);
    } catch (IOException e) {
      throw failed("delete a volume", e);
    } finally {
      lock.unlock();
    }
  }

  private void remove(String at, String id) {
    try {
      sandboxes.get().provider(at).deleteVolume(directory.resolve(id).resolve(FILES));
      Files.deleteIfExists(directory.resolve(id));
    } catch (SandboxException | IOException e) {
      LOG.warn("what is left of volume {} is removed when the server starts next", id, e);
    }
  }

  /** Works with the files of one, whether sandboxes have it or not. */
  public <T> T files(Volume volume, VolumeFiles.Use<T> work) throws InterruptedException {
    return keepers.use(volume, work);
  }

  // ---- sandboxes that have them ----

  /** Those that a request names, by path. */
  List<MountedVolume> find(Account account, Map<String, String> namesByPath) {
    if (namesByPath.isEmpty()) {
      return List.of();
    }
    if (namesByPath.size() > MOST_MOUNTED) {
      throw HostingException.invalid(
          "volumeMounts: at most %d volumes in one sandbox".formatted(MOST_MOUNTED));
    }
    requireProvider();
    List<MountedVolume> found = new ArrayList<>();
    List<Volume> own = list(account);
    namesByPath.forEach((path, name) -> {
      Volume volume =
          own.stream()
              .filter(one -> one.name().equals(name))
              .findFirst()
              .orElseThrow(() ->
                  HostingException.invalid(
                      "volumeMounts: there is no volume '%s'; POST /volumes makes one"
                          .formatted(name)));
      found.add(new MountedVolume(volume.id(), volume.name(), path));
    });
    return found;
  }

  /** What a sandbox of this order is made with. Its volumes stay until it leaves. */
  List<VolumeMount> enter(SandboxOrder order) {
    if (order.mounted().isEmpty()) {
      return List.of();
    }
    lock.lock();
    try {
      List<VolumeMount> mounts = new ArrayList<>();
      for (MountedVolume each : order.mounted()) {
        Volume volume =
            Optional.ofNullable(byId().get(each.id()))
                .orElseThrow(() ->
                    HostingException.invalid(
                        "volumeMounts: volume '%s' was deleted".formatted(each.name())));
        mounts.add(mount(volume, each.path()));
      }
      order.mounted().forEach(each -> use(each.id(), order.id()));
      return mounts;
    } finally {
      lock.unlock();
    }
  }

  /** A sandbox that was there before the server has these. */
  void adopt(SandboxOrder order) {
    lock.lock();
    try {
      order.mounted().forEach(each -> use(each.id(), order.id()));
    } finally {
      lock.unlock();
    }
  }

  private void use(String volume, String sandbox) {
    users.computeIfAbsent(volume, id -> new HashSet<>()).add(sandbox);
  }

  /** A sandbox is gone, or was never made. */
  void leave(SandboxOrder order) {
    lock.lock();
    try {
      for (MountedVolume each : order.mounted()) {
        users.computeIfPresent(
            each.id(),
            (id, using) -> {
              using.remove(order.id());
              return using.isEmpty() ? null : using;
            });
      }
    } finally {
      lock.unlock();
    }
  }

  private VolumeMount mount(Volume volume, String path) {
    Path files = directory.resolve(volume.id()).resolve(FILES).toAbsolutePath();
    return new VolumeMount(files, path, volume.sizeMb());
  }

  // ---- on disk ----

  private List<Volume> all() {
    lock.lock();
    try {
      return List.copyOf(byId().values());
    } finally {
      lock.unlock();
    }
  }

  private Map<String, Volume> byId() {
    if (!read) {
      try {
        readAll();
        read = true;
      } catch (IOException e) {
        throw failed("read the volumes", e);
      }
    }
    return known;
  }

  private void readAll() throws IOException {
    List<Volume> found = new ArrayList<>();
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(directory)) {
      for (Path each : directories) {
        String id = each.getFileName().toString();
        try {
          found.add(HostingJson.MAPPER.readValue(Files.readAllBytes(facts(id)), Volume.class));
        } catch (NoSuchFileException e) {
          remove(provider.get(), id); // a server was killed while it made or deleted it
        }
      }
    } catch (NoSuchFileException e) {
      LOG.debug("no volume was ever made in {}", directory);
    }
    found.stream()
        .sorted(Comparator.comparing(Volume::createdAt).thenComparing(Volume::id))
        .forEach(volume -> known.put(volume.id(), volume));
  }

  private Path facts(String id) {
    return directory.resolve(id).resolve(FACTS);
  }

  private static HostingException notFound(String id) {
    return new HostingException(Reason.NOT_FOUND, "volume '%s' does not exist".formatted(id));
  }

  private static HostingException failed(String what, IOException e) {
    return new HostingException(
        Reason.UNAVAILABLE, "the server cannot %s: %s".formatted(what, e.getMessage()), e);
  }

  /** Lets go of the files; the volumes stay. */
  @Override
  public void close() {
    keepers.close();
  }
}
