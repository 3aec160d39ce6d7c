// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "cri_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

int cri_pipe(int *reading, int *writing) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return errno;
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) {
        int e = errno;
        close(ends[0]);
        close(ends[1]);
        return e;
    }
    *reading = ends[0];
    *writing = ends[1];
    return 0;
}

static int files_of_child(posix_spawn_file_actions_t *files, int out, int err) {
    int e = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!e) e = posix_spawn_file_actions_adddup2(files, out, STDOUT_FILENO);
    if (!e) e = posix_spawn_file_actions_adddup2(files, err, STDERR_FILENO);
    if (!e) e = posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
    if (!e) e = posix_spawn_file_actions_addchdir_np(files, "/");
    return e;
}

static int attributes_of_child(posix_spawnattr_t *attributes) {
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    int e = posix_spawnattr_setflags(
        attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    if (!e) e = posix_spawnattr_setpgroup(attributes, 0);
    if (!e) e = posix_spawnattr_setsigdefault(attributes, &all);
    if (!e) e = posix_spawnattr_setsigmask(attributes, &none);
    return e;
}

int cri_spawn(const char *path, char *const argv[], char *const envp[], int out, int err, pid_t *pid) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int e = posix_spawn_file_actions_init(&files);
    if (e) return e;
    e = posix_spawnattr_init(&attributes);
    if (!e) {
        e = files_of_child(&files, out, err);
        if (!e) e = attributes_of_child(&attributes);
        if (!e) e = posix_spawn(pid, path, &files, &attributes, argv, envp);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&files);
    return e;
}

int cri_pidfd_open(pid_t pid) {
    long fd = syscall(SYS_pidfd_open, pid, 0);
    return fd < 0 ? -errno : (int)fd;
}

int cri_open_path(const char *path) {
    return open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
}

int cri_connect_unix(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length == 0) return -ENOENT;
    if (length >= sizeof address.sun_path) return -ENAMETOOLONG;
    memcpy(address.sun_path, path, length + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) return fd;
    int e = errno;
    close(fd);
    return -e;
}
