package dev.dunes.sandbox;

/**
 * Which of a command's two output streams some bytes came from. A terminal has only {@link
 * #STDOUT}.
 */
public enum Channel {
  STDOUT,
  STDERR
}
