/**
 * Sandboxes: open a safe place to run code, run things in it, and it is gone.
 *
 * <p>Start at {@link dev.dunes.sandbox.Sandbox#create()} or {@link dev.dunes.sandbox.Sandboxes}.
 * All calls block and may be interrupted; an interrupted call throws {@link
 * dev.dunes.sandbox.SandboxInterruptedException} with the thread's interrupt flag set. Every
 * failure is a {@link dev.dunes.sandbox.SandboxException} with a stable code and a remedy.
 */
@NullMarked
package dev.dunes.sandbox;

import org.jspecify.annotations.NullMarked;
