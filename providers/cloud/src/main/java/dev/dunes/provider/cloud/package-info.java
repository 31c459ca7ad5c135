/**
 * What the adapters of cloud providers share. A vendor's adapter brings its control plane and a way
 * to run a process ({@link dev.dunes.provider.cloud.VendorProcess}); the rest is built on that.
 */
package dev.dunes.provider.cloud;
