/** The HTTP server. {@link dev.dunes.server.DunesServer} is where to begin. */
@NullMarked
package dev.dunes.server;

import org.jspecify.annotations.NullMarked;
