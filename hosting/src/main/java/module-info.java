import org.jspecify.annotations.NullMarked;

/** Sandboxes for several tenants: whose they are, how long they live, what happens in them. */
@NullMarked
module dev.dunes.hosting {
  requires static transitive org.jspecify;
  requires transitive dev.dunes.sandbox;
  requires tools.jackson.databind;
  requires java.net.http;
  requires org.slf4j;

  exports dev.dunes.hosting;

  // What is kept on disk is read and written as records.
  opens dev.dunes.hosting to
      tools.jackson.databind;
}
