/**
 * Sandboxes that are nothing but a directory and some processes of this machine.
 *
 * <p><strong>They isolate nothing.</strong> A command can read, change and end whatever the user
 * who started it can. Meant for use within a place that is a sandbox already, where another layer
 * is neither needed nor possible.
 */
@NullMarked
package dev.dunes.provider.host;

import org.jspecify.annotations.NullMarked;
