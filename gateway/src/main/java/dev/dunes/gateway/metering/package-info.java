/** Counts tokens while answers pass by, and what they cost. */
@NullMarked
package dev.dunes.gateway.metering;

import org.jspecify.annotations.NullMarked;
