// SPDX-License-Identifier: Apache-2.0
#include "clinux_memory.h"

#include <malloc.h>

void clinux_memory_frugal(void) {
        mallopt(M_ARENA_MAX, 1);
        /* Both are set, because setting one ends the adjusting of both. */
        mallopt(M_MMAP_THRESHOLD, 128 * 1024);
        mallopt(M_TRIM_THRESHOLD, 128 * 1024);
}
