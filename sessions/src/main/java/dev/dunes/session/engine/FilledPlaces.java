package dev.dunes.session.engine;

import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxFileException;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens places and puts into them what the session has: what was kept, else its first files. */
final class FilledPlaces {
  private static final Logger LOG = LoggerFactory.getLogger(FilledPlaces.class);

  private final PlaceOpener places;
  private final Keepsakes keepsakes;

  FilledPlaces(PlaceOpener places, Keepsakes keepsakes) {
    this.places = places;
    this.keepsakes = keepsakes;
  }

  AgentPlace open(AgentSetup setup) {
    AgentPlace made = places.open(setup.sessionId(), setup.spec(), setup.agent());
    try {
      fill(setup, made);
      return made;
    } catch (IOException e) {
      made.close();
      throw Problems.stream("could not fill the sandbox: " + e, null, e);
    } catch (RuntimeException | Error e) {
      made.close();
      throw e;
    }
  }

  private void fill(AgentSetup setup, AgentPlace made) throws IOException {
    boolean restored =
        setup.again()
            && keepsakes.restore(
                setup.key(), setup.spec(), setup.agent(), made.sandbox(), made.home());
    if (!restored) {
      keepsakes.putFiles(setup.key(), made.sandbox());
    }
    Optional<String> directory = setup.spec().directory();
    if (directory.isPresent() && !isDirectory(made.sandbox(), directory.get())) {
      throw Problems.invalid(
          "directory does not exist: " + directory.get(),
          "name a directory of the sandbox, such as " + made.home());
    }
  }

  private static boolean isDirectory(Sandbox sandbox, String path) {
    try {
      return sandbox.files().stat(path).isDirectory();
    } catch (SandboxFileException e) {
      LOG.debug("no directory {}", path, e);
      return false;
    }
  }
}
