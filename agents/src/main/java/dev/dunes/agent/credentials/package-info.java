/** Which keys of model providers the user of this machine has, and where each was found. */
@NullMarked
package dev.dunes.agent.credentials;

import org.jspecify.annotations.NullMarked;
