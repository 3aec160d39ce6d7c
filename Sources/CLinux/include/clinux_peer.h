// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

/* Who connected to this end of a unix stream socket (SO_PEERCRED, unix(7): the credentials at the time of
 * connect(2)). Here, because `struct ucred` needs _GNU_SOURCE. Returns 0, or a negative errno. */
int clinux_peer(int descriptor, pid_t *pid, uid_t *uid);
