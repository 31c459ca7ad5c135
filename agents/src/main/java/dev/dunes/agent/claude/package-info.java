/** Claude Code over its stdio protocol; sheet "driving agents", 2.3. */
@NullMarked
package dev.dunes.agent.claude;

import org.jspecify.annotations.NullMarked;
