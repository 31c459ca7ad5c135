/** Building templates over the wire of E2B. E2B wire 2.4. */
@NullMarked
package dev.dunes.server.e2b.template;

import org.jspecify.annotations.NullMarked;
