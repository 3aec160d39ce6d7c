// SPDX-License-Identifier: Apache-2.0
/* The physical limit of a journal reader: opens a directory, adds matches, enumerates every field of every entry, and
 * does nothing with them (man sd-journal).
 *
 *   enumerate DIRECTORY [MATCH...]
 *
 * MATCH is FIELD=value; + begins the next group, as with journalctl. Prints one JSON object. CPU seconds are the
 * process's, from before the journal is opened to behind its last entry.
 */
#include "check.h"
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>
#include <time.h>

static double cpu(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: enumerate DIRECTORY [MATCH...]\n");
        return 2;
    }
    double start = cpu();
    sd_journal *journal;
    check(sd_journal_open_directory(&journal, argv[1], SD_JOURNAL_SYSTEM), "sd_journal_open_directory");
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "+")) check(sd_journal_add_disjunction(journal), "sd_journal_add_disjunction");
        else check(sd_journal_add_match(journal, argv[i], 0), "sd_journal_add_match");
    }
    check(sd_journal_seek_head(journal), "sd_journal_seek_head");
    unsigned long long entries = 0, fields = 0, bytes = 0, sum = 0;
    for (;;) {
        int more = sd_journal_next(journal);
        check(more, "sd_journal_next");
        if (!more) break;
        entries++;
        const void *data;
        size_t length;
        sd_journal_restart_data(journal);
        for (;;) {
            int field = sd_journal_enumerate_available_data(journal, &data, &length);
            check(field, "sd_journal_enumerate_available_data");
            if (!field) break;
            fields++;
            bytes += length;
            sum += ((const unsigned char *) data)[length - 1];
        }
    }
    double seconds = cpu() - start;
    sd_journal_close(journal);
    printf("{\"entries\": %llu, \"fields\": %llu, \"bytes\": %llu, \"sum\": %llu, \"cpu_seconds\": %.6f}\n", entries,
           fields, bytes, sum, seconds);
    return 0;
}
