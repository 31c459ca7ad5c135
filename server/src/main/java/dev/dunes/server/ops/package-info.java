/** The face for those who run the server: health, documents, metrics. */
@NullMarked
package dev.dunes.server.ops;

import org.jspecify.annotations.NullMarked;
