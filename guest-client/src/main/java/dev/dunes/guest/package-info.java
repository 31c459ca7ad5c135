/**
 * The host's side of the guest protocol (docs/guest-protocol.md) over any pair of byte streams.
 *
 * <p>Every byte that comes from a guest is hostile: frames and texts are bounded, ids and
 * enumerations are checked, a guest that breaks the protocol loses its connection and the caller
 * gets a {@link dev.dunes.sandbox.ProviderException}.
 */
@NullMarked
package dev.dunes.guest;

import org.jspecify.annotations.NullMarked;
