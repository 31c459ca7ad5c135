package dev.dunes.cli;

/** With plain processes. */
class HostEndToEndTest extends EndToEnd {
  HostEndToEndTest() {
    super("host");
  }
}
