/** Sandboxes made of this host's own namespaces. */
package dev.dunes.provider.local;
