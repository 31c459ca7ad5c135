/** The face of the agent API: sessions with any agent, one schema of events. */
@NullMarked
package dev.dunes.server.agentapi;

import org.jspecify.annotations.NullMarked;
