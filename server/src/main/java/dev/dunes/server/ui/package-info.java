/** The inspector: a page to look at sessions and to talk to agents. Agent API, sheet 2.10. */
@NullMarked
package dev.dunes.server.ui;

import org.jspecify.annotations.NullMarked;
