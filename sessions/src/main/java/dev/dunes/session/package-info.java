/**
 * Runs: one prompt, one fresh sandbox, one agent, a stream of events with exactly one last one.
 * {@link dev.dunes.session.Runs} is where to begin.
 */
@NullMarked
package dev.dunes.session;

import org.jspecify.annotations.NullMarked;
