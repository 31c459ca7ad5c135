/**
 * Sandboxes on this machine, without a daemon: namespaces, a system call filter, cgroups and a
 * guest, opened by bubblewrap.
 *
 * <p>docs/providers/local.md says how a sandbox is built, docs/threat-model.md what it holds
 * against.
 */
@NullMarked
package dev.dunes.provider.local;

import org.jspecify.annotations.NullMarked;
