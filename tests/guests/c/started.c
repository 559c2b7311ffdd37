// A reactor that reads files in `start`, and reports in `report` what it has kept and what it
// can still read. Its state is copied between the two calls.
#include <dirent.h>
#include <stdio.h>
#include <string.h>

static char greeting[64];
static int starts;
static FILE *lines;

static int first_line(const char *path, char *line, int len) {
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    int found = fgets(line, len, file) != NULL;
    fclose(file);
    return found;
}

__attribute__((export_name("start"))) int start(void) {
    char line[64];
    starts++;
    lines = fopen("/data/lines.txt", "r");
    if (!lines || !fgets(line, sizeof line, lines)) return 0;
    return first_line("/data/greeting.txt", greeting, sizeof greeting);
}

__attribute__((export_name("report"))) int report(void) {
    char line[64] = "";
    int entries = 0;
    printf("%d start, %s", starts, greeting);
    if (fgets(line, sizeof line, lines)) printf("next: %s", line);
    if (first_line("/data/late.txt", line, sizeof line)) printf("late: %s", line);
    DIR *directory = opendir("/data");
    while (directory && readdir(directory)) entries++;
    printf("%d entries\n", entries);
    fflush(stdout);
    return entries;
}
