// SPDX-License-Identifier: Apache-2.0
#pragma once

/* An epoll instance (epoll(7)) as one descriptor that stands for others: it can be read when one of them can.
 * Here, because Swift's Glibc module has no epoll, and because a Dispatch source wants a descriptor that lives as
 * long as it does: libdispatch on Linux crashes when sources come and go (swift-corelibs-libdispatch issue 949). */

/* An empty set: a descriptor (close-on-exec), or a negative errno. */
int clinux_pollset_create(void);

/* Adds a descriptor, for input. It leaves the set by itself when it is closed. Returns 0, or a negative errno. */
int clinux_pollset_add(int set, int descriptor);

/// eventfd(2): a counter to wait on, closed on exec, that never blocks. Negative: errno says why.
int clinux_eventfd(void);
