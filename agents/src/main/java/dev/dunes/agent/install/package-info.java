/** Installs agents from pinned, integrity-checked packages of an npm registry. */
@NullMarked
package dev.dunes.agent.install;

import org.jspecify.annotations.NullMarked;
