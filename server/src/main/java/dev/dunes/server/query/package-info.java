/** The face of the Query API. */
@NullMarked
package dev.dunes.server.query;

import org.jspecify.annotations.NullMarked;
