/**
 * The wire of E2B: its control plane, and the way of every request to a port of a sandbox.
 * Translates to {@link dev.dunes.hosting.Hosting}.
 */
@NullMarked
package dev.dunes.server.e2b;

import org.jspecify.annotations.NullMarked;
