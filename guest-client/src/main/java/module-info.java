import org.jspecify.annotations.NullMarked;

/** The host's side of the guest protocol, over any pair of byte streams. */
@NullMarked
module dev.dunes.guest {
  requires static transitive org.jspecify;
  requires transitive dev.dunes.sandbox;
  requires org.apache.commons.compress;

  exports dev.dunes.guest;
}
