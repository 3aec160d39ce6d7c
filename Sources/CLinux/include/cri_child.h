// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

/// pipe2(2), both ends close-on-exec, the reading end non-blocking: 0, or an errno.
int cri_pipe(int *reading, int *writing);

/// Starts `path` as the leader of a new process group, with stdin from /dev/null, stdout and stderr on
/// the given descriptors, every other descriptor closed, working directory `/`, all signals at their
/// defaults and none blocked.
/// Returns 0 and fills `pid`, or an errno (posix_spawn(3): the child's own failure to exec is among them).
int cri_spawn(const char *path, char *const argv[], char *const envp[], int out, int err, pid_t *pid);

/// pidfd_open(2), which glibc wraps since 2.36 only: a descriptor (close-on-exec), or -errno.
int cri_pidfd_open(pid_t pid);

/// open(2) with O_PATH of a file that is no link: a descriptor (close-on-exec), or -1.
int cri_open_path(const char *path);

/// One attempt of a non-blocking connect(2) to a unix stream socket: a descriptor (close-on-exec), or -errno.
/// EAGAIN means that the listener's backlog is full (unix(7)); unix sockets know no EINPROGRESS.
int cri_connect_unix(const char *path);
