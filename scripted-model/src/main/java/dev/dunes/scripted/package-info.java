/** A model that answers from a script, for tests and demonstrations. */
@NullMarked
package dev.dunes.scripted;

import org.jspecify.annotations.NullMarked;
