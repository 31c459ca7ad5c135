/** Sandboxes of E2B, and of every server that speaks its wire. The wire is that of E2B wire 2. */
package dev.dunes.provider.e2b;
