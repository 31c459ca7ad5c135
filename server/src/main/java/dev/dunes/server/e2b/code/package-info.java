/**
 * The code interpreter of the E2B wire: code runs in contexts that last, and what it shows is told
 * as data. E2B wire 2.10.
 */
@NullMarked
package dev.dunes.server.e2b.code;

import org.jspecify.annotations.NullMarked;
