/**
 * The Connect protocol over HTTP/1.1, with both of its codecs: JSON by the rules of proto3, and
 * protocol buffers. Knows nothing of sandboxes.
 */
@NullMarked
package dev.dunes.server.e2b.connect;

import org.jspecify.annotations.NullMarked;
