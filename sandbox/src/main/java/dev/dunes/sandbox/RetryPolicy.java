package dev.dunes.sandbox;

/** How often and when something that failed is tried again. */
public final class RetryPolicy {
  private RetryPolicy() {}
}
