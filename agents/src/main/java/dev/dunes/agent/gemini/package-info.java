/** Gemini CLI over ACP; sheet "driving other agents", 2.1. */
@NullMarked
package dev.dunes.agent.gemini;

import org.jspecify.annotations.NullMarked;
