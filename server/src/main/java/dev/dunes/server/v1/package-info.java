/** What is common to the faces under {@code /v1}: problem objects, bodies, queries. */
@NullMarked
package dev.dunes.server.v1;

import org.jspecify.annotations.NullMarked;
