/** Amp, its client with a loop of its own; sheet "driving agents, others", 2.3. */
@NullMarked
package dev.dunes.agent.amp;

import org.jspecify.annotations.NullMarked;
