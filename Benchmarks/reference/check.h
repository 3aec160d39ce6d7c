// SPDX-License-Identifier: Apache-2.0
/* What the programs here do about an error of libsystemd: say whose and what it is, and end. */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(int result, const char *what) {
    if (result >= 0) return;
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(-result));
    exit(1);
}

#endif
