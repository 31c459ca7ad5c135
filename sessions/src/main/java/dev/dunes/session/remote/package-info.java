/** The sessions of a server, over the agent API. */
@NullMarked
package dev.dunes.session.remote;

import org.jspecify.annotations.NullMarked;
