package dev.dunes.server.v1;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.server.http.Route;
import dev.dunes.session.SessionException;

/** Makes problem objects of what fails below. */
public final class Guard {
  private Guard() {}

  /** The same handler; what it throws is answered as a problem. */
  public static Route.Handler of(Route.Handler handler) {
    return exchange -> {
      try {
        handler.handle(exchange);
      } catch (SessionException e) {
        throw Problem.of(e).failure();
      } catch (SandboxInterruptedException e) {
        throw e;
      } catch (SandboxException e) {
        Problem problem = Problem.stream(String.valueOf(e.getMessage()));
        throw e.remedy().map(remedy -> problem.with("remedy", remedy)).orElse(problem).failure();
      }
    };
  }
}
