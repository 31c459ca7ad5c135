package dev.dunes.server;

import dev.dunes.session.RunsConfig;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A server as a process of its own: {@code ServerProcess DIRECTORY [egress]}; writes its port to a
 * file. With {@code egress} its sandboxes find the {@link Internet} of tests.
 */
final class ServerProcess {
  private ServerProcess() {}

  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    RunsConfig.Builder runs =
        RunsConfig.builder()
            .directory(directory)
            .environment(System.getenv())
            .agent(new ScriptAgent(directory.resolve("program")));
    if (arguments.length > 1) {
      runs.gateways(Internet::gateway);
    }
    DunesServer server =
        DunesServer.start(ServerConfig.builder(runs.build()).host("127.0.0.1").port(0).build());
    Path part = directory.resolve("port.part");
    Files.writeString(part, Integer.toString(server.uri().getPort()));
    Files.move(part, directory.resolve("port"));
    Runtime.getRuntime().addShutdownHook(new Thread(server::close));
    Thread.currentThread().join();
  }
}
