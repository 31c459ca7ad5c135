/**
 * Sandboxes that are hardened containers of a Docker or Podman daemon, with Dunes' guest brought
 * into whatever image they are made from.
 */
@NullMarked
package dev.dunes.provider.docker;

import org.jspecify.annotations.NullMarked;
