/** Which hosts may be reached, and how requests to a proxy are read. */
@NullMarked
package dev.dunes.gateway.egress;

import org.jspecify.annotations.NullMarked;
