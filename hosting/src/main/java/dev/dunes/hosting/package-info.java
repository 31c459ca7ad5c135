/**
 * Sandboxes for several tenants. {@link dev.dunes.hosting.Hosting} is where to begin; faces of the
 * server only translate what it does.
 */
@NullMarked
package dev.dunes.hosting;

import org.jspecify.annotations.NullMarked;
