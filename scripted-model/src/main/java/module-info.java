import org.jspecify.annotations.NullMarked;

/** A model that answers from a script, for tests and demonstrations. */
@NullMarked
module dev.dunes.scripted {
  requires static transitive org.jspecify;
  requires transitive tools.jackson.databind;
  requires org.slf4j;

  exports dev.dunes.scripted;
}
