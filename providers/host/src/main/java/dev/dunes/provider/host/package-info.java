/** Commands on this host with no isolation. */
package dev.dunes.provider.host;
