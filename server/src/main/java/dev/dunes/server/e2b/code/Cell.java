package dev.dunes.server.e2b.code;

import java.util.Map;

/**
 * Code to be run once.
 *
 * @param count how many cells its kernel has run, this one included
 * @param code the code
 * @param env variables for it alone
 */
record Cell(int count, String code, Map<String, String> env) {}
