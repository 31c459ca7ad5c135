/** Benchmarks. */
package dev.dunes.bench;
