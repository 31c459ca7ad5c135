/** Proofs of identity that are more than a key in a header. */
@NullMarked
package dev.dunes.gateway.signing;

import org.jspecify.annotations.NullMarked;
