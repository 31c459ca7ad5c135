/** What an E2B sandbox answers at port 49983: its processes and its files. E2B wire 2.5 to 2.9. */
@NullMarked
package dev.dunes.server.e2b.envd;

import org.jspecify.annotations.NullMarked;
