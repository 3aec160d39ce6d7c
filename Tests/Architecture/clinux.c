// SPDX-License-Identifier: Apache-2.0
// What CLinux does where the kernel's interface or the C library depends on the architecture: run natively, and as arm64 by
// qemu-user. Prints a line for each part; the status is that of the last that failed.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CLinux.h"

static int failed;

static void check(const char *what, int holds) {
    printf("%s %s\n", holds ? "ok    " : "FAILED", what);
    if (!holds) failed = 1;
}

static void child(void) {
    int reading, writing, descriptor;
    pid_t pid;
    char *const words[] = { "sh", "-c", "printf hello; exit 7", NULL }, *const none[] = { NULL };
    check("pipe", cri_pipe(&reading, &writing) == 0);
    check("spawn", cri_spawn("/bin/sh", words, none, writing, writing, &pid) == 0);
    descriptor = cri_pidfd_open(pid);
    check("pidfd", descriptor >= 0);
    struct pollfd ends = { .fd = descriptor, .events = POLLIN };
    check("pidfd tells the end", poll(&ends, 1, 20000) == 1);
    int status = 0;
    char text[8] = { 0 };
    check("its status", waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    check("its words", read(reading, text, 5) == 5 && strcmp(text, "hello") == 0);
}

static void sockets(const char *folder) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), set = clinux_pollset_create(), accepted, connected;
    pid_t pid = 0;
    uid_t uid = 0;
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", folder);
    check("listen", bind(listener, (struct sockaddr *) &address, sizeof address) == 0 && listen(listener, 1) == 0);
    check("set", set >= 0 && clinux_pollset_add(set, listener) == 0);
    connected = cri_connect_unix(address.sun_path);
    check("connect", connected >= 0);
    struct pollfd ready = { .fd = set, .events = POLLIN };
    check("the set tells", poll(&ready, 1, 20000) == 1);
    accepted = accept(listener, NULL, NULL);
    check("peer", clinux_peer(accepted, &pid, &uid) == 0 && pid == getpid() && uid == getuid());
    unlink(address.sun_path);
}

// A journal file that is truncated under its reader: pages of zeroes, not the end of the process.
static void truncated(const char *folder) {
    char path[4096];
    long page = sysconf(_SC_PAGESIZE);
    snprintf(path, sizeof path, "%s/system.journal", folder);
    int file = open(path, O_RDWR | O_CREAT, 0600);
    check("handler", clinux_journal_sigbus_install() == 0);
    check("file", ftruncate(file, 4 * page) == 0);
    volatile char *window = mmap(NULL, (size_t) (4 * page), PROT_READ, MAP_SHARED, file, 0);
    check("window", window != MAP_FAILED && clinux_journal_windows_release() >= 1);
    check("truncate", ftruncate(file, 0) == 0);
    check("zeroes are read", window[3 * page] == 0 && clinux_journal_sigbus_count() == 1);
    unlink(path);
}

int main(void) {
    char folder[] = "/tmp/clinux.XXXXXX";
    if (!mkdtemp(folder)) return 2;
    clinux_memory_frugal();
    check("64 bits, little end first", sizeof(void *) == 8 && *(const char *) &(int){ 1 } == 1);
    child();
    sockets(folder);
    truncated(folder);
    rmdir(folder);
    return failed;
}
