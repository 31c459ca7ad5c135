package dev.dunes.provider.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A root file system small enough to be made for one test: a shell, a few programs and the
 * libraries they need.
 */
final class Rootfs {
  private static final List<String> PROGRAMS =
      List.of("sh", "cat", "ls", "id", "env", "mkdir", "rm", "touch", "stat", "readlink", "ln");
  private static final Pattern LIBRARY = Pattern.compile("(/\\S+) \\(0x");

  private Rootfs() {}

  static Path make(Path root) throws IOException {
    for (String directory : List.of("bin", "etc", "usr/bin", "app", "var/tmp")) {
      Files.createDirectories(root.resolve(directory));
    }
    for (String name : PROGRAMS) {
      Path program = Path.of("/bin", name).toRealPath();
      copy(program, root.resolve("bin").resolve(name));
      Matcher libraries = LIBRARY.matcher(Local.run("ldd", program.toString()));
      while (libraries.find()) {
        copy(Path.of(libraries.group(1)), root.resolve(libraries.group(1).substring(1)));
      }
    }
    Files.writeString(root.resolve("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
    Files.writeString(root.resolve("etc/whose"), "the image's\n");
    Files.writeString(root.resolve("app/data"), "from the image\n");
    return root;
  }

  private static void copy(Path from, Path to) throws IOException {
    if (Files.notExists(to, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(to.getParent());
      Files.copy(from.toRealPath(), to, StandardCopyOption.COPY_ATTRIBUTES);
    }
  }
}
