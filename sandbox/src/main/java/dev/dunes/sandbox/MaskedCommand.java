package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.io.InputStream;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** A running command whose output goes through a {@link SecretMask}. */
final class MaskedCommand extends ForwardingCommand {
  private final Map<Channel, SecretMask.Filter> filters = new EnumMap<>(Channel.class);
  private final ReentrantLock lock = new ReentrantLock();
  private final InputStream stdout;
  private final InputStream stderr;

  MaskedCommand(RunningCommand command, SecretMask mask) {
    super(command);
    for (Channel channel : Channel.values()) {
      filters.put(channel, mask.filter());
    }
    this.stdout = new MaskedStream(command.stdout(), mask.filter());
    this.stderr = new MaskedStream(command.stderr(), mask.filter());
  }

  @Override
  public InputStream stdout() {
    return stdout;
  }

  @Override
  public InputStream stderr() {
    return stderr;
  }

  /** Readers wait for each other: chunks pass the filter in the order in which they were taken. */
  @Override
  public Optional<OutputChunk> take() {
    lock.lock();
    try {
      for (Optional<OutputChunk> chunk = super.take(); chunk.isPresent(); chunk = super.take()) {
        Channel channel = chunk.get().channel();
        byte[] masked = filter(channel).add(chunk.get().data());
        if (masked.length > 0) {
          return Optional.of(new OutputChunk(channel, masked));
        }
      }
      for (Channel channel : Channel.values()) {
        byte[] rest = filter(channel).end();
        if (rest.length > 0) {
          return Optional.of(new OutputChunk(channel, rest));
        }
      }
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  private SecretMask.Filter filter(Channel channel) {
    return requireNonNull(filters.get(channel), "filter");
  }
}
