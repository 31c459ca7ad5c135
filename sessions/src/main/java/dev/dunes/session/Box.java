package dev.dunes.session;

import dev.dunes.sandbox.Sandbox;
import java.time.Duration;

/**
 * A sandbox that sessions work in.
 *
 * @param id names it among those of this process, see {@link Ownership#RUN}
 * @param home of its user
 * @param door its way to the gateway
 * @param lifetime how long it lives unless renewed
 */
record Box(String id, Sandbox sandbox, String home, Doors.Door door, Duration lifetime) {}
