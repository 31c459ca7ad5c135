/** Requests and answers in blocking style over Vert.x: what all faces stand on. */
@NullMarked
package dev.dunes.server.http;

import org.jspecify.annotations.NullMarked;
