import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Makes a folder's jars quick to start from. Class files older than Java 6 are rewritten: they have
 * no stack maps, and the JVM's AOT cache leaves such classes out (picocli is written this way).
 * Manifests are cut down to what a class path needs: the JVM reads each one at every start, and
 * that of a signed jar has lines for each of its classes, which the cache leaves out as well.
 */
final class PrepareJars {
  private static final int FIRST_WITH_STACK_MAPS = ClassFile.JAVA_7_VERSION;

  private static final Set<String> KEPT =
      Set.of(
          "Manifest-Version",
          "Multi-Release",
          "Implementation-Title",
          "Implementation-Vendor",
          "Implementation-Version");
  private static final Pattern SIGNATURE = Pattern.compile("(?i)/META-INF/.*\\.(SF|RSA|DSA|EC)");

  private PrepareJars() {}

  public static void main(String[] arguments) throws IOException {
    try (Stream<Path> files = Files.list(Path.of(arguments[0]))) {
      for (Path jar : files.filter(file -> file.toString().endsWith(".jar")).toList()) {
        upgrade(jar);
        trimManifest(jar);
      }
    }
  }

  private static void trimManifest(Path jar) throws IOException {
    try (FileSystem inside = FileSystems.newFileSystem(URI.create("jar:" + jar.toUri()), Map.of())) {
      Path file = inside.getPath("/META-INF/MANIFEST.MF");
      if (!Files.exists(file)) {
        return;
      }
      Manifest trimmed = new Manifest();
      try (InputStream in = Files.newInputStream(file)) {
        new Manifest(in)
            .getMainAttributes()
            .forEach((name, value) -> {
              if (KEPT.contains(name.toString())) {
                trimmed.getMainAttributes().put(name, value);
              }
            });
      }
      try (OutputStream out = Files.newOutputStream(file)) {
        trimmed.write(out);
      }
      List<Path> signatures;
      try (Stream<Path> files = Files.list(inside.getPath("/META-INF"))) {
        signatures = files.filter(one -> SIGNATURE.matcher(one.toString()).matches()).toList();
      }
      for (Path signature : signatures) {
        Files.delete(signature);
      }
    }
  }

  private static void upgrade(Path jar) throws IOException {
    try (FileSystem inside = FileSystems.newFileSystem(URI.create("jar:" + jar.toUri()), Map.of());
        URLClassLoader classes = new URLClassLoader(new URL[] {jar.toUri().toURL()})) {
      ClassFile parser =
          ClassFile.of(
              ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
              // Code is copied as it stands, without stack maps, while it may share its constants.
              ClassFile.ConstantPoolSharingOption.NEW_POOL,
              ClassFile.ClassHierarchyResolverOption.of(
                  ClassHierarchyResolver.ofResourceParsing(classes)
                      .orElse(ClassHierarchyResolver.defaultResolver())));
      List<Path> old;
      try (Stream<Path> files = Files.walk(inside.getPath("/"))) {
        old = files.filter(file -> file.toString().endsWith(".class") && isOld(file)).toList();
      }
      for (Path file : old) {
        ClassModel model = parser.parse(Files.readAllBytes(file));
        byte[] upgraded = parser.transformClass(model, upgraded());
        List<VerifyError> errors = parser.verify(upgraded);
        if (!errors.isEmpty()) {
          throw errors.getFirst();
        }
        Files.write(file, upgraded);
      }
    }
  }

  private static ClassTransform upgraded() {
    return ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)
        .andThen(
            ClassTransform.endHandler(builder -> builder.withVersion(FIRST_WITH_STACK_MAPS, 0)));
  }

  private static boolean isOld(Path file) {
    try (var in = Files.newInputStream(file)) {
      byte[] head = in.readNBytes(8);
      int major = ((head[6] & 0xff) << 8) | (head[7] & 0xff);
      return major < ClassFile.JAVA_6_VERSION;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
