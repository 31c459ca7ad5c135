package dev.dunes.provider.modal;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The libraries only this provider uses. Where they are on the class path there is nothing to do.
 * The command keeps them beside it, in the folder {@code modal} next to the jar this provider is
 * in: its start looks at fewer jars, and whoever does not use Modal never reads them. Then this
 * provider's own classes are loaded once more by a loader that has them, too.
 */
final class GrpcLibraries {
  private static final String FOLDER = "modal";
  private static final String NEEDED = "io.grpc.okhttp.OkHttpChannelBuilder";

  private GrpcLibraries() {}

  /** Whether whoever loaded this class has them. */
  static boolean present() {
    try {
      Class.forName(NEEDED, false, GrpcLibraries.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /** The factory of this provider, loaded beside the libraries. */
  static SandboxProviderFactory load() {
    CodeSource source = GrpcLibraries.class.getProtectionDomain().getCodeSource();
    try {
      Path own = Path.of(source.getLocation().toURI());
      List<URL> urls = new ArrayList<>(List.of(own.toUri().toURL()));
      Path folder = own.resolveSibling(FOLDER);
      if (Files.isDirectory(folder)) {
        try (Stream<Path> jars = Files.list(folder)) {
          for (Path jar : jars.filter(each -> each.toString().endsWith(".jar")).sorted().toList()) {
            urls.add(jar.toUri().toURL());
          }
        }
      }
      // lives as long as the process: providers are opened once
      Loader loader = new Loader(urls.toArray(URL[]::new));
      Class<?> found = loader.loadClass(NEEDED);
      if (found.getClassLoader() != loader) {
        throw new IllegalStateException("the class path has " + NEEDED + " after all");
      }
      return loader
          .loadClass(ModalSandboxProviderFactory.class.getName())
          .asSubclass(SandboxProviderFactory.class)
          .getConstructor()
          .newInstance();
    } catch (IOException | URISyntaxException | ReflectiveOperationException e) {
      throw new ProviderException(
          "the libraries of gRPC are missing, which provider 'modal' needs",
          ErrorDetails.remedy("put io.grpc:grpc-okhttp on the class path, or start with ./ds")
              .withProvider(ModalSandboxProviderFactory.NAME)
              .withCause(e));
    }
  }

  /** Takes this package from its own jar, and everything else first from where it is shared. */
  private static final class Loader extends URLClassLoader {
    private static final String OURS = GrpcLibraries.class.getPackageName() + ".";

    Loader(URL[] urls) {
      super(urls, GrpcLibraries.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith(OURS)) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        return loaded != null ? loaded : findClass(name);
      }
    }
  }
}
