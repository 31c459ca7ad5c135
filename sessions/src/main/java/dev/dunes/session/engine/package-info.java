/** Sessions at work: what agents say becomes events of a session, in one order, in the journal. */
@NullMarked
package dev.dunes.session.engine;

import org.jspecify.annotations.NullMarked;
