// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Has malloc (mallopt(3)) keep less: one arena for all threads instead of one each, and free memory above 128 KiB at the
 * top goes back to the kernel. For a process that lives long and does little. Call it before the first thread. */
void clinux_memory_frugal(void);

/* A file in no file system, as memfd_create(2) makes it, closed on exec; -1 with errno. */
int clinux_memory_file(void);
