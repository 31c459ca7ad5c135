package dev.dunes.guest;

import java.time.Duration;

/**
 * What a guest says about its sandbox. Believed no further than to show it.
 *
 * @param processes processes alive, the guest not counted
 * @param residentBytes memory they hold
 * @param cpuTime processor time they used
 * @param diskUsedBytes in use on the file system of the working directory
 * @param diskTotalBytes size of that file system
 * @param uptime of the guest
 */
public record GuestUsage(
    int processes,
    long residentBytes,
    Duration cpuTime,
    long diskUsedBytes,
    long diskTotalBytes,
    Duration uptime) {}
