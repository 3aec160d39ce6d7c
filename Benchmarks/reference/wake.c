// SPDX-License-Identifier: Apache-2.0
/* What waking costs on this machine: sleeps in poll(2) so many times a second for so many seconds, and does nothing else.
 *
 *   wake PER-SECOND SECONDS
 *
 * Prints its CPU time as a percentage of a core.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc != 3 || atoi(argv[1]) < 1) {
        fprintf(stderr, "usage: wake PER-SECOND SECONDS\n");
        return 2;
    }
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), start = seconds(CLOCK_MONOTONIC), passed;
    do {
        poll(NULL, 0, 1000 / atoi(argv[1]));
        passed = seconds(CLOCK_MONOTONIC) - start;
    } while (passed < atof(argv[2]));
    printf("%.4f\n", 100 * (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / passed);
    return 0;
}
