/** Sandboxes of Cloudflare, by way of the bridge of its Sandbox SDK. Cloud providers 2.3. */
package dev.dunes.provider.cloudflare;
