/** Codex, driven over its app server. */
@NullMarked
package dev.dunes.agent.codex;

import org.jspecify.annotations.NullMarked;
