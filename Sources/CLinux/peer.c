// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux_peer.h"

#include <errno.h>
#include <sys/socket.h>

int clinux_peer(int descriptor, pid_t *pid, uid_t *uid) {
        struct ucred peer;
        socklen_t size = sizeof peer;
        if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
                return -errno;
        if (size != sizeof peer)
                return -EPROTO;
        *pid = peer.pid;
        *uid = peer.uid;
        return 0;
}
