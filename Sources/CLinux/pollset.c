// SPDX-License-Identifier: Apache-2.0
#include "clinux_pollset.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

int clinux_pollset_create(void) {
        int set = epoll_create1(EPOLL_CLOEXEC);
        return set < 0 ? -errno : set;
}

int clinux_pollset_add(int set, int descriptor) {
        struct epoll_event event = { .events = EPOLLIN };
        return epoll_ctl(set, EPOLL_CTL_ADD, descriptor, &event) < 0 ? -errno : 0;
}

int clinux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
