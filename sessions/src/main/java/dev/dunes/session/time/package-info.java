/** Things that happen later, and limits on how long things may take. */
@NullMarked
package dev.dunes.session.time;

import org.jspecify.annotations.NullMarked;
