/** The way out of a sandbox: models and the network, under policy. */
@NullMarked
package dev.dunes.gateway;

import org.jspecify.annotations.NullMarked;
