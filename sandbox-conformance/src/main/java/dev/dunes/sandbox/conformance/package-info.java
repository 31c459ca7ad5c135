/**
 * The tests every sandbox provider passes. A provider's own tests extend {@link
 * dev.dunes.sandbox.conformance.SandboxProviderConformance}, the one entry point.
 */
@NullMarked
package dev.dunes.sandbox.conformance;

import org.jspecify.annotations.NullMarked;
