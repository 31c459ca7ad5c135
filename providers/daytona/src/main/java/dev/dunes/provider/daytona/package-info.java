/** Sandboxes of Daytona. The wire is that of cloud providers 2.1. */
package dev.dunes.provider.daytona;
