/** Exchanges with models, written down and played back. The format is in docs/gateway.md. */
@NullMarked
package dev.dunes.gateway.cassette;

import org.jspecify.annotations.NullMarked;
