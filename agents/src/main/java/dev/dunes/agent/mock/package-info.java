/** An agent without a model that says what it is told to: for tests, demonstrations and clients. */
@NullMarked
package dev.dunes.agent.mock;

import org.jspecify.annotations.NullMarked;
