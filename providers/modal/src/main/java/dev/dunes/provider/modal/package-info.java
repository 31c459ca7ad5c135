/** Sandboxes of Modal. Its wire is that of Cloud providers 2.2. */
package dev.dunes.provider.modal;
