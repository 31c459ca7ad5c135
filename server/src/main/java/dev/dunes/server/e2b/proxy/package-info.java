/** Carries HTTP and WebSockets to programs that listen in a sandbox. */
@NullMarked
package dev.dunes.server.e2b.proxy;

import org.jspecify.annotations.NullMarked;
