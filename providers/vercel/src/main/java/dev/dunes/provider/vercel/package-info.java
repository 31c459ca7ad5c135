/** Sandboxes of Vercel. */
package dev.dunes.provider.vercel;
