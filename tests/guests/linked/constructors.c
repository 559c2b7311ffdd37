// Prints how often its constructors, destructors and exit handlers run, and the text
// that each of them reads from /data.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int constructed;
static char seen[100];

static void say(const char *when) {
    char text[100] = "nothing\n";
    FILE *file = fopen("/data/hello.txt", "r");
    if (file) {
        if (!fgets(text, sizeof text, file)) text[0] = 0;
        fclose(file);
    }
    printf("%s: %s", when, text);
    fflush(stdout);
}

__attribute__((constructor)) static void construct(void) {
    constructed++;
    FILE *file = fopen("/data/hello.txt", "r");
    if (!file) return;
    if (!fgets(seen, sizeof seen, file)) seen[0] = 0;
    fclose(file);
    say("constructor");
}

__attribute__((destructor)) static void destruct(void) { say("destructor"); }

static void at_exit(void) { say("exit handler"); }

static int guest(void) {
    atexit(at_exit);
    printf("constructed %d times, which read: %s", constructed, seen);
    say("main");
    return 0;
}

#ifdef REACTOR
__attribute__((export_name("run"))) int run(void) { return guest(); }
#else
int main(void) { return guest(); }
#endif
