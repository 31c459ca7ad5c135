package dev.dunes.server.e2b.envd;

import dev.dunes.hosting.OpenSandbox;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.server.e2b.connect.ConnectCode;
import dev.dunes.server.e2b.connect.ConnectException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Who there is in a sandbox, by what it says itself; looked up once, and again when a name is not
 * known. {@code user} is the sandbox's own user, whatever its number. Safe for use by several
 * threads.
 */
final class Users {
  /** The user of those who say none. E2B wire 2.5. */
  static final String DEFAULT = "user";

  private static final long LARGEST_DATABASE = 1 << 20;
  private static final int LONGEST_HOME = 4096;
  private static final Duration HOME_LIMIT = Duration.ofSeconds(10);

  private volatile @Nullable Known known;
  private volatile @Nullable Map<Integer, String> groups;

  /** A line of {@code /etc/passwd}. */
  private record Account(int uid, String home) {}

  private record Known(
      Map<String, Account> accounts, Map<Integer, String> users, OptionalInt own, String home) {}

  /**
   * The user of a name, or the default one.
   *
   * @throws ConnectException unauthenticated, when there is no such user
   */
  SandboxUser find(OpenSandbox open, Optional<String> name) {
    Sandbox sandbox = open.sandbox();
    Optional<String> place = open.info().workingDir().map(Paths::clean);
    Known now = known(sandbox);
    String wanted = name.filter(text -> !text.isEmpty()).orElse(DEFAULT);
    if (wanted.equals(DEFAULT)) {
      return new SandboxUser(DEFAULT, now.home(), place.orElse(now.home()), Optional.empty());
    }
    Account account = now.accounts().get(wanted);
    if (account == null) {
      now = look(sandbox);
      account = now.accounts().get(wanted);
    }
    if (account == null) {
      throw new ConnectException(
          ConnectCode.UNAUTHENTICATED, "invalid username: '%s'".formatted(wanted));
    }
    boolean own = now.own().isPresent() && now.own().getAsInt() == account.uid();
    return new SandboxUser(
        wanted,
        account.home(),
        place.orElse(account.home()),
        own ? Optional.empty() : Optional.of(wanted));
  }

  /** The name of a user, or the number when it has none. */
  String user(Sandbox sandbox, int uid) {
    return known(sandbox).users().getOrDefault(uid, Integer.toUnsignedString(uid));
  }

  /** The name of a group, or the number when it has none. */
  String group(Sandbox sandbox, int gid) {
    Map<Integer, String> names = groups;
    if (names == null) {
      names = lookAtGroups(sandbox);
      groups = names;
    }
    return names.getOrDefault(gid, Integer.toUnsignedString(gid));
  }

  private static Map<Integer, String> lookAtGroups(Sandbox sandbox) {
    Map<Integer, String> names = new HashMap<>();
    for (String line : read(sandbox, "/etc/group").split("\n")) {
      String[] fields = line.split(":", -1);
      if (fields.length >= 3 && isNumber(fields[2])) {
        names.putIfAbsent(Integer.parseUnsignedInt(fields[2]), fields[0]);
      }
    }
    return names;
  }

  private Known known(Sandbox sandbox) {
    Known now = known;
    return now == null ? look(sandbox) : now;
  }

  private Known look(Sandbox sandbox) {
    Map<String, Account> accounts = new HashMap<>();
    Map<Integer, String> users = new HashMap<>();
    for (String line : read(sandbox, "/etc/passwd").split("\n")) {
      String[] fields = line.split(":", -1);
      if (fields.length >= 6 && isNumber(fields[2])) {
        int uid = Integer.parseUnsignedInt(fields[2]);
        accounts.putIfAbsent(fields[0], new Account(uid, home(fields[5])));
        users.putIfAbsent(uid, fields[0]);
      }
    }
    OptionalInt own = own(sandbox);
    Known now = new Known(accounts, users, own, ownHome(sandbox, accounts, own));
    known = now;
    return now;
  }

  private static boolean isNumber(String text) {
    return text.matches("\\d{1,9}");
  }

  private static String home(String text) {
    return text.startsWith("/") ? Paths.clean(text) : "/";
  }

  /** Whoever reads this file reads about itself. */
  private static OptionalInt own(Sandbox sandbox) {
    for (String line : read(sandbox, "/proc/self/status").split("\n")) {
      String[] fields = line.split("\\s+");
      if (fields.length >= 2 && fields[0].equals("Uid:") && isNumber(fields[1])) {
        return OptionalInt.of(Integer.parseInt(fields[1]));
      }
    }
    return OptionalInt.empty();
  }

  private static String ownHome(Sandbox sandbox, Map<String, Account> accounts, OptionalInt own) {
    Account user = accounts.get(DEFAULT);
    if (user != null && own.isPresent() && user.uid() == own.getAsInt()) {
      return user.home();
    }
    // Where the sandbox's user has another name, only its commands know where they are at home.
    ExecResult said =
        sandbox.exec(
            Command.shellBuilder("printf %s \"$HOME\"")
                .timeout(HOME_LIMIT)
                .outputLimit(LONGEST_HOME)
                .build());
    return home(said.stdout());
  }

  private static String read(Sandbox sandbox, String path) {
    try (InputStream in = sandbox.files().read(path, 0, LARGEST_DATABASE)) {
      return new String(in.readNBytes((int) LARGEST_DATABASE), StandardCharsets.UTF_8);
    } catch (SandboxFileException e) {
      return ""; // a sandbox without one has no names for its users
    } catch (IOException e) {
      throw FileFailures.cause(e);
    }
  }
}
