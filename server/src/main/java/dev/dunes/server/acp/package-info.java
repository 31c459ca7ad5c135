/** The face of ACP over HTTP, with processes, files and configuration of the workspace. */
@NullMarked
package dev.dunes.server.acp;

import org.jspecify.annotations.NullMarked;
