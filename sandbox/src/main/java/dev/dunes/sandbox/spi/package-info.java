/** What a sandbox provider implements, and the parts providers share. */
@NullMarked
package dev.dunes.sandbox.spi;

import org.jspecify.annotations.NullMarked;
