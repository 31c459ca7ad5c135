/** What the command and its server log, in logfmt. */
@NullMarked
package dev.dunes.cli.log;

import org.jspecify.annotations.NullMarked;
