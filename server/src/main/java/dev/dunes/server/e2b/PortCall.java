package dev.dunes.server.e2b;

import static java.util.Objects.requireNonNull;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.HostedSandbox;
import dev.dunes.hosting.Hosting;

/**
 * For which sandbox a request is.
 *
 * @param hosting where the sandbox is
 * @param account whose it is
 * @param sandbox as it was when the request came
 * @param port of the sandbox, 1 to 65535
 */
public record PortCall(Hosting hosting, Account account, HostedSandbox sandbox, int port) {
  public PortCall {
    requireNonNull(hosting, "hosting");
    requireNonNull(account, "account");
    requireNonNull(sandbox, "sandbox");
  }

  /**
   * Does something with the sandbox while it runs; see {@link Hosting#use}. A sandbox in use is not
   * suspended for idleness.
   */
  public <T> T use(Hosting.Use<T> work) throws InterruptedException {
    return hosting.use(account, sandbox.id(), work);
  }
}
