/**
 * Measurements of Dunes beside the same work done by plain bubblewrap, crun and Docker. Run by hand
 * ({@code bench/run}), never by a build.
 */
@NullMarked
package dev.dunes.bench;

import org.jspecify.annotations.NullMarked;
