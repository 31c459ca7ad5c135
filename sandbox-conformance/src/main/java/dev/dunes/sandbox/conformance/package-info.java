/** The tests every sandbox provider passes. */
package dev.dunes.sandbox.conformance;
