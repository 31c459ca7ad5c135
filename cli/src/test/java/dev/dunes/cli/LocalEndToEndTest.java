package dev.dunes.cli;

/** With sandboxes made of this machine's namespaces. */
class LocalEndToEndTest extends EndToEnd {
  LocalEndToEndTest() {
    super("local");
  }
}
