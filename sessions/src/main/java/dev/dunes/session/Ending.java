package dev.dunes.session;

import java.util.Optional;

/**
 * The end of a run.
 *
 * @param last its last event
 * @param outcome for its record, unless the last event says it
 */
record Ending(RunEvent last, Optional<String> outcome) {}
