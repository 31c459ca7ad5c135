/** Coding agents, driven in sandboxes. */
@NullMarked
package dev.dunes.agent;

import org.jspecify.annotations.NullMarked;
