package dev.dunes.sandbox;

/** A running command that closes the handle of its sandbox, which was looked up for it alone. */
final class OwningCommand extends ForwardingCommand {
  private final Sandbox sandbox;

  OwningCommand(RunningCommand command, Sandbox sandbox) {
    super(command);
    this.sandbox = sandbox;
  }

  @Override
  public void close() {
    try (sandbox) {
      super.close();
    }
  }
}
