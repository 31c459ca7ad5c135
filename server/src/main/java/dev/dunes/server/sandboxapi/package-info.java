/** The REST API for sandboxes: translates it to {@link dev.dunes.hosting.Hosting}. */
@NullMarked
package dev.dunes.server.sandboxapi;

import org.jspecify.annotations.NullMarked;
