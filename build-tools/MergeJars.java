import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Makes one jar of many that is quick to start from: {@code MergeJars OUT JAR…}, in the order of
 * the class path. Each jar costs a start a third of a millisecond, and a search for a service or a
 * resource opens all of them.
 *
 * <p>Of a class or resource in several releases the one for this JVM is taken. Services and
 * properties of the same name below {@code META-INF} are joined; a license is kept in a folder
 * named by its jar; anything else that is there twice with other contents is an error. Manifests,
 * signatures and module descriptors are left out: a class path needs none. Class files older than
 * Java 6 are rewritten, as they have no stack maps, and the JVM's AOT cache leaves such classes out
 * (picocli is written this way).
 */
final class MergeJars {
  private static final int FIRST_WITH_STACK_MAPS = ClassFile.JAVA_7_VERSION;
  private static final Pattern VERSIONED = Pattern.compile("META-INF/versions/(\\d+)/(.+)");
  private static final Pattern LEFT_OUT =
      Pattern.compile(
          "(?i).*/|META-INF/(MANIFEST\\.MF|INDEX\\.LIST|.*\\.(SF|RSA|DSA|EC))"
              + "|META-INF/maven/.*|(.*/)?module-info\\.class|OSGI-INF/.*");
  private static final Pattern JOINED = Pattern.compile("META-INF/(services/.+|[^/]+\\.properties)");
  private static final Pattern LICENSE =
      Pattern.compile("(?i)META-INF/([^/]*(LICENSE|NOTICE)[^/]*|licenses?/.*)");

  private final Map<String, byte[]> merged = new LinkedHashMap<>();

  private MergeJars() {}

  public static void main(String[] arguments) throws IOException {
    MergeJars all = new MergeJars();
    for (String jar : List.of(arguments).subList(1, arguments.length)) {
      all.add(Path.of(jar));
    }
    try (OutputStream out = Files.newOutputStream(Path.of(arguments[0]))) {
      all.write(out);
    }
  }

  private void add(Path path) throws IOException {
    try (JarFile jar = new JarFile(path.toFile());
        URLClassLoader classes = new URLClassLoader(new URL[] {path.toUri().toURL()})) {
      ClassFile parser = parser(classes);
      for (Map.Entry<String, JarEntry> each : entries(jar).entrySet()) {
        byte[] contents = jar.getInputStream(each.getValue()).readAllBytes();
        String name = each.getKey();
        put(path, name, name.endsWith(".class") ? upgraded(parser, contents) : contents);
      }
    }
  }

  /** By the name it shall have: of each the newest release this JVM can use. */
  private static Map<String, JarEntry> entries(JarFile jar) {
    Map<String, JarEntry> chosen = new LinkedHashMap<>();
    Map<String, Integer> releases = new HashMap<>();
    Enumeration<JarEntry> entries = jar.entries();
    while (entries.hasMoreElements()) {
      JarEntry entry = entries.nextElement();
      Matcher versioned = VERSIONED.matcher(entry.getName());
      boolean newer = versioned.matches();
      int release = newer ? Integer.parseInt(versioned.group(1)) : 0;
      String name = newer ? versioned.group(2) : entry.getName();
      if (release <= Runtime.version().feature()
          && !LEFT_OUT.matcher(name).matches()
          && releases.getOrDefault(name, -1) < release) {
        releases.put(name, release);
        chosen.put(name, entry);
      }
    }
    return chosen;
  }

  private void put(Path jar, String name, byte[] contents) throws IOException {
    if (LICENSE.matcher(name).matches()) {
      merged.put("META-INF/licenses/" + jar.getFileName() + name.substring(8), contents);
      return;
    }
    byte[] before = merged.putIfAbsent(name, contents);
    if (before == null || Arrays.equals(before, contents)) {
      return;
    }
    if (JOINED.matcher(name).matches()) {
      ByteArrayOutputStream both = new ByteArrayOutputStream();
      both.write(before);
      both.write('\n');
      both.write(contents);
      merged.put(name, both.toByteArray());
    } else {
      throw new IOException(name + " of " + jar.getFileName() + " is also in another jar");
    }
  }

  private void write(OutputStream out) throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(out, UTF_8)) {
      for (Map.Entry<String, byte[]> each : merged.entrySet()) {
        ZipEntry entry = new ZipEntry(each.getKey());
        entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0)); // the same jars, the same bytes
        zip.putNextEntry(entry);
        zip.write(each.getValue());
        zip.closeEntry();
      }
    }
  }

  private static ClassFile parser(ClassLoader classes) {
    return ClassFile.of(
        ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
        // Code is copied as it stands, without stack maps, while it may share its constants.
        ClassFile.ConstantPoolSharingOption.NEW_POOL,
        ClassFile.ClassHierarchyResolverOption.of(
            ClassHierarchyResolver.ofResourceParsing(classes)
                .orElse(ClassHierarchyResolver.defaultResolver())));
  }

  private static byte[] upgraded(ClassFile parser, byte[] contents) {
    int major = ((contents[6] & 0xff) << 8) | (contents[7] & 0xff);
    if (major >= ClassFile.JAVA_6_VERSION) {
      return contents;
    }
    ClassModel model = parser.parse(contents);
    byte[] upgraded =
        parser.transformClass(
            model,
            ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)
                .andThen(
                    ClassTransform.endHandler(
                        builder -> builder.withVersion(FIRST_WITH_STACK_MAPS, 0))));
    List<VerifyError> errors = parser.verify(upgraded);
    if (!errors.isEmpty()) {
      throw errors.getFirst();
    }
    return upgraded;
  }
}
