/** pi over its {@code rpc} mode; sheet "driving other agents", 2.2. */
@NullMarked
package dev.dunes.agent.pi;

import org.jspecify.annotations.NullMarked;
