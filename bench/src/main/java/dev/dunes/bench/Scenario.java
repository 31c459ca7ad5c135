package dev.dunes.bench;

import java.io.IOException;
import java.util.List;

/** One thing that is measured, of every engine that can do it. */
interface Scenario {
  /** Its name on the command line. */
  String name();

  /** Its heading in the tables. */
  String title();

  /** What exactly is done and timed; Markdown, one paragraph. */
  String method();

  List<Series> run(Bench bench) throws IOException, InterruptedException;
}
