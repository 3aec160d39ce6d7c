// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdint.h>

/* The memory windows that libsystemd maps over journal files. libsystemd has no call for either of these. */

/* Installs a SIGBUS handler for the whole process, once. A fault inside a mapping of a *.journal file (it was
 * truncated under the reader; libsystemd has no handler of its own) is answered with a page of zeroes, so that
 * libsystemd sees a damaged file instead of the process dying. Every other fault goes to the handler that was
 * there before, or takes the default action. Returns 0, or a negative errno. */
int clinux_journal_sigbus_install(void);

/* How many faults were answered since the process began. */
uint64_t clinux_journal_sigbus_count(void);

/* Gives the pages of all *.journal mappings back (MADV_DONTNEED; they are clean page cache and come back when
 * touched). No other thread may map or unmap journal files meanwhile: its addresses could be reused under our
 * feet. Returns the number of mappings, or a negative errno. */
int clinux_journal_windows_release(void);
