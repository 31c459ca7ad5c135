/** What drivers of agents share: reading what a process writes, checking answers. */
@NullMarked
package dev.dunes.agent.drive;

import org.jspecify.annotations.NullMarked;
