// SPDX-License-Identifier: Apache-2.0
#pragma once

// The calls that Swift's Glibc module lacks, one header a topic.
#if __has_include("cri_child.h")
#include "cri_child.h"
#endif
#if __has_include("clinux_journal_windows.h")
#include "clinux_journal_windows.h"
#endif
#if __has_include("clinux_peer.h")
#include "clinux_peer.h"
#endif
#if __has_include("clinux_pollset.h")
#include "clinux_pollset.h"
#endif
#if __has_include("clinux_memory.h")
#include "clinux_memory.h"
#endif
