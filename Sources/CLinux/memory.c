// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_memory.h"

#include <malloc.h>
#include <sys/mman.h>

void clinux_memory_frugal(void) {
        mallopt(M_ARENA_MAX, 1);
        /* Both are set, because setting one ends the adjusting of both. */
        mallopt(M_MMAP_THRESHOLD, 128 * 1024);
        mallopt(M_TRIM_THRESHOLD, 128 * 1024);
}

int clinux_memory_file(void) { return memfd_create("crihealthd", MFD_CLOEXEC); }
