/**
 * What was said in sessions, on disk: appended first, published second, read by offset. Knows
 * nothing of agents.
 */
@NullMarked
package dev.dunes.session.journal;

import org.jspecify.annotations.NullMarked;
