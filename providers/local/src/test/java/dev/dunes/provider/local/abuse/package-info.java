/**
 * What hostile code in a sandbox, a hostile guest and other users of the machine may attempt,
 * attempted. Every denial has a control that shows that the same attempt works where it is not
 * denied. docs/threat-model.md says which test stands for which promise.
 */
@NullMarked
package dev.dunes.provider.local.abuse;

import org.jspecify.annotations.NullMarked;
