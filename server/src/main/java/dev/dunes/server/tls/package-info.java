/** Certificates for the names sandboxes go by on this machine. */
@NullMarked
package dev.dunes.server.tls;

import org.jspecify.annotations.NullMarked;
