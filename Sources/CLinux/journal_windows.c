// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_journal_windows.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* One line of /proc/self/maps that names a journal file. */
struct window {
        uintptr_t start, end;
};

/* /proc/self/maps, read with nothing but open, read and close, because a signal handler does it. Of each line
 * only the two addresses and the end of the name are kept. */
struct maps {
        int fd;
        size_t length, used;
        char buffer[2048];
};

static int maps_byte(struct maps *m) {
        if (m->used == m->length) {
                ssize_t n;
                do
                        n = read(m->fd, m->buffer, sizeof m->buffer);
                while (n < 0 && errno == EINTR);
                if (n <= 0)
                        return -1;
                m->length = (size_t) n;
                m->used = 0;
        }
        return (unsigned char) m->buffer[m->used++];
}

static bool hex_digit(int c, uintptr_t *value) {
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
                return false;
        *value = *value << 4 | (uintptr_t) digit;
        return true;
}

static bool ends_with(const char *tail, size_t length, const char *suffix) {
        size_t n = strlen(suffix);
        return length >= n && memcmp(tail + length - n, suffix, n) == 0;
}

static bool names_journal(const char *tail, size_t length) {
        static const char deleted[] = " (deleted)";
        if (ends_with(tail, length, deleted))
                length -= sizeof deleted - 1;
        return ends_with(tail, length, ".journal") || ends_with(tail, length, ".journal~");
}

/* The next mapping of a journal file; false at the end. */
static bool maps_next(struct maps *m, struct window *w) {
        int c = maps_byte(m);
        while (c >= 0) {
                char tail[32];
                size_t length = 0;
                w->start = w->end = 0;
                while (hex_digit(c, &w->start))
                        c = maps_byte(m);
                c = maps_byte(m);
                while (hex_digit(c, &w->end))
                        c = maps_byte(m);
                for (; c >= 0 && c != '\n'; c = maps_byte(m)) {
                        if (length == sizeof tail) {
                                memmove(tail, tail + 1, sizeof tail - 1);
                                length--;
                        }
                        tail[length++] = (char) c;
                }
                if (names_journal(tail, length))
                        return true;
                c = maps_byte(m);
        }
        return false;
}

static bool maps_open(struct maps *m) {
        m->length = m->used = 0;
        m->fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
        return m->fd >= 0;
}

static _Atomic uint64_t answered;
static struct sigaction previous;
static uintptr_t page_size;

static bool in_journal_window(uintptr_t address) {
        struct maps m;
        struct window w;
        bool found = false;
        if (!maps_open(&m))
                return false;
        while (!found && maps_next(&m, &w))
                found = address >= w.start && address < w.end;
        close(m.fd);
        return found;
}

static void on_sigbus(int signal_number, siginfo_t *info, void *context) {
        int saved = errno;
        if (info->si_code == BUS_ADRERR && in_journal_window((uintptr_t) info->si_addr)) {
                void *page = (void *) ((uintptr_t) info->si_addr & ~(page_size - 1));
                void *zeroes = mmap(page, page_size, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
                if (zeroes == page) {
                        atomic_fetch_add(&answered, 1);
                        errno = saved;
                        return;
                }
        }
        errno = saved;
        if (previous.sa_flags & SA_SIGINFO) {
                previous.sa_sigaction(signal_number, info, context);
                return;
        }
        if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
                previous.sa_handler(signal_number);
                return;
        }
        signal(SIGBUS, SIG_DFL);
        /* A real fault repeats on return; a signal that somebody sent does not. */
        if (info->si_code <= 0)
                raise(SIGBUS);
}

static int install_result;

static void install(void) {
        struct sigaction action = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_ONSTACK };
        sigemptyset(&action.sa_mask);
        page_size = (uintptr_t) sysconf(_SC_PAGESIZE);
        install_result = sigaction(SIGBUS, &action, &previous) < 0 ? -errno : 0;
}

int clinux_journal_sigbus_install(void) {
        static pthread_once_t once = PTHREAD_ONCE_INIT;
        int r = pthread_once(&once, install);
        return r != 0 ? -r : install_result;
}

uint64_t clinux_journal_sigbus_count(void) {
        return atomic_load(&answered);
}

int clinux_journal_windows_release(void) {
        struct maps m;
        struct window w;
        int count = 0;
        if (!maps_open(&m))
                return -errno;
        while (maps_next(&m, &w))
                if (madvise((void *) w.start, w.end - w.start, MADV_DONTNEED) == 0)
                        count++;
        close(m.fd);
        return count;
}
