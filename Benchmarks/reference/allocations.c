// SPDX-License-Identifier: Apache-2.0
/* Counts the allocations of a process that it is preloaded into: LD_PRELOAD=allocations.so. The process asks by two
 * weak symbols: all of them, and those that the program itself asks for, which is not what its libraries do.
 */
#define _GNU_SOURCE
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_ulong all, own;
/* Where the program lies; empty until it is known. */
static uintptr_t start, end;

unsigned long crihealthd_allocations(void) { return atomic_load(&all); }
unsigned long crihealthd_own_allocations(void) { return atomic_load(&own); }

static int find_program(struct dl_phdr_info *info, size_t size, void *data) {
    (void) size, (void) data;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        start = info->dlpi_addr + part->p_vaddr;
        end = start + part->p_memsz;
    }
    return 1; /* The program comes first, and no library is asked for. */
}

__attribute__((constructor)) static void find(void) { dl_iterate_phdr(find_program, NULL); }

static void count(const void *caller) {
    atomic_fetch_add_explicit(&all, 1, memory_order_relaxed);
    if ((uintptr_t) caller >= start && (uintptr_t) caller < end) atomic_fetch_add_explicit(&own, 1, memory_order_relaxed);
}

#define COUNT() count(__builtin_return_address(0))

void *malloc(size_t size) {
    COUNT();
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
    COUNT();
    return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size) {
    COUNT();
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
    COUNT();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    COUNT();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **into, size_t alignment, size_t size) {
    COUNT();
    *into = __libc_memalign(alignment, size);
    return *into ? 0 : 12;
}
