/**
 * Any agent that speaks the Agent Client Protocol, version 1; sheet "driving other agents", 2.4.
 */
@NullMarked
package dev.dunes.agent.acp;

import org.jspecify.annotations.NullMarked;
