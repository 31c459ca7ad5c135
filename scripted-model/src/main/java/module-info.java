import org.jspecify.annotations.NullMarked;

/** A model that answers from a script, for tests and demonstrations. */
@NullMarked
module dev.dunes.scripted {
  requires static transitive org.jspecify;
  requires tools.jackson.databind;
  requires org.slf4j;
  requires jdk.httpserver;

  exports dev.dunes.scripted;
}
