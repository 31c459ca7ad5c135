package dev.dunes.cli.log;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.event.LoggingEvent;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.spi.LoggingEventAware;

/** Writes each {@link LogLine} to standard error. */
final class LogfmtLogger extends LegacyAbstractLogger implements LoggingEventAware {
  private static final long serialVersionUID = 1;

  private final int from;
  private final boolean times = Boolean.getBoolean(LogLevels.TIMES);
  private final boolean json = Boolean.getBoolean(LogLevels.JSON);

  LogfmtLogger(String name) {
    this.name = name;
    this.from = LogLevels.of(name);
  }

  @Override
  protected void handleNormalizedLoggingCall(
      Level level,
      @Nullable Marker marker,
      @Nullable String pattern,
      Object @Nullable [] arguments,
      @Nullable Throwable why) {
    write(level, pattern, arguments, Map.of(), why);
  }

  @Override
  public void log(LoggingEvent event) {
    Map<String, Object> values = new LinkedHashMap<>();
    if (event.getKeyValuePairs() != null) {
      event.getKeyValuePairs().forEach(pair -> values.put(pair.key, plain(pair.value)));
    }
    write(
        event.getLevel(),
        event.getMessage(),
        event.getArgumentArray(),
        values,
        event.getThrowable());
  }

  private static Object plain(@Nullable Object value) {
    return value instanceof Number || value instanceof Boolean ? value : String.valueOf(value);
  }

  private void write(
      Level level,
      @Nullable String pattern,
      Object @Nullable [] arguments,
      Map<String, Object> values,
      @Nullable Throwable why) {
    Optional<Instant> time = times ? Optional.of(Instant.now()) : Optional.empty();
    String message = String.valueOf(MessageFormatter.basicArrayFormat(pattern, arguments));
    LogLine line = new LogLine(time, level, name, message, values, why);
    // One call, so that lines of several threads do not mix.
    System.err.print(json ? line.json() : line.logfmt());
  }

  @Override
  protected @Nullable String getFullyQualifiedCallerName() {
    return null;
  }

  @Override
  public boolean isTraceEnabled() {
    return from <= 0;
  }

  @Override
  public boolean isDebugEnabled() {
    return from <= 10;
  }

  @Override
  public boolean isInfoEnabled() {
    return from <= 20;
  }

  @Override
  public boolean isWarnEnabled() {
    return from <= 30;
  }

  @Override
  public boolean isErrorEnabled() {
    return from <= 40;
  }
}
