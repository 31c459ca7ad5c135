/** What the faces that show hosted sandboxes have in common: who asks, bodies, refusals. */
@NullMarked
package dev.dunes.server.hosted;

import org.jspecify.annotations.NullMarked;
