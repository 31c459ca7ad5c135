/** OpenCode over HTTP and server-sent events; sheet "driving agents", 2.5. */
@NullMarked
package dev.dunes.agent.opencode;

import org.jspecify.annotations.NullMarked;
