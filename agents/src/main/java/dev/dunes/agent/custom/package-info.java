/** Agents that the user of this machine has named in a file, driven over ACP. */
@NullMarked
package dev.dunes.agent.custom;

import org.jspecify.annotations.NullMarked;
