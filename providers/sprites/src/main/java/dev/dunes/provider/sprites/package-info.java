/** Sandboxes of Sprites, virtual machines of Fly.io. */
package dev.dunes.provider.sprites;
