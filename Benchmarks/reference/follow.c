// SPDX-License-Identifier: Apache-2.0
/* A follower that waits for inotify, as sd_journal_wait does it: prints the message of every new entry (man
 * sd_journal_get_fd). What a reader gets that asks libsystemd to be woken.
 *
 *   follow DIRECTORY [FIELD=value]...
 */
#include "check.h"
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: follow DIRECTORY [FIELD=value]...\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    sd_journal *journal;
    check(sd_journal_open_directory(&journal, argv[1], SD_JOURNAL_SYSTEM), "sd_journal_open_directory");
    for (int i = 2; i < argc; i++) check(sd_journal_add_match(journal, argv[i], 0), "sd_journal_add_match");
    check(sd_journal_get_fd(journal), "sd_journal_get_fd");
    check(sd_journal_seek_tail(journal), "sd_journal_seek_tail");
    check(sd_journal_previous(journal), "sd_journal_previous");
    for (;;) {
        int more = sd_journal_next(journal);
        check(more, "sd_journal_next");
        if (!more) {
            check(sd_journal_wait(journal, (uint64_t) -1), "sd_journal_wait");
            continue;
        }
        const void *data;
        size_t length;
        if (sd_journal_get_data(journal, "MESSAGE", &data, &length) < 0) continue;
        printf("%.*s\n", (int) (length - strlen("MESSAGE=")), (const char *) data + strlen("MESSAGE="));
    }
}
