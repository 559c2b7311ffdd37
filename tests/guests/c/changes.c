// Changes files as programs do: writes, appends, cuts, renames, links, lists, removes.
#include "guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void report(const char *what, long result) {
    if (result < 0) printf("%s: %s\n", what, strerror(errno));
    else printf("%s: %ld\n", what, result);
}

static void show(const char *path) {
    struct stat stat;
    if (lstat(path, &stat) < 0) {
        printf("%s: %s\n", path, strerror(errno));
        return;
    }
    printf("%s: mode %o, links %d", path, stat.st_mode & S_IFMT, (int)stat.st_nlink);
    if (S_ISREG(stat.st_mode)) {
        char bytes[65536];
        int file = open(path, O_RDONLY);
        unsigned long long hash = FNV_START;
        long total = 0;
        for (ssize_t len; (len = read(file, bytes, sizeof bytes)) > 0; total += len)
            hash = fnv(hash, bytes, len);
        printf(", %ld of %lld bytes, %llx", total, (long long)stat.st_size, hash);
        close(file);
    }
    printf("\n");
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path) {
    DIR *directory = opendir(path);
    if (!directory) {
        printf("list %s: %s\n", path, strerror(errno));
        return;
    }
    char *names[4096];
    size_t count = 0;
    for (struct dirent *entry; count < 4096 && (entry = readdir(directory));)
        names[count++] = strdup(entry->d_name);
    closedir(directory);
    qsort(names, count, sizeof *names, by_name);
    printf("list %s:", path);
    for (size_t i = 0; i < count; i++) printf(" %s", names[i]);
    printf("\n");
}

static void write_all(const char *path, int flags, const char *bytes, size_t len) {
    int file = open(path, O_WRONLY | flags, 0666);
    if (file < 0) {
        printf("open %s: %s\n", path, strerror(errno));
        return;
    }
    report(path, write(file, bytes, len));
    report("close", close(file));
}

static void change_files(void) {
    static char long_text[200000];
    for (size_t i = 0; i < sizeof long_text; i++) long_text[i] = (char)(i * 7 + i / 251);
    write_all("new.txt", O_CREAT | O_EXCL, "first\n", 6);
    write_all("new.txt", O_CREAT | O_EXCL, "second\n", 7);
    write_all("new.txt", O_APPEND, "appended\n", 9);
    write_all("long.bin", O_CREAT, long_text, sizeof long_text);
    write_all("hello.txt", 0, "J", 1);
    write_all("empty", O_APPEND, "no more\n", 8);
    write_all("missing.txt", 0, "x", 1);
    show("new.txt"), show("long.bin"), show("hello.txt"), show("empty");

    int file = open("long.bin", O_RDWR);
    report("cut", ftruncate(file, 70000));
    report("write past the end", pwrite(file, "end", 3, 300000));
    show("long.bin");
    report("unlink an open file", unlink("long.bin"));
    char tail[3] = "";
    report("read it", pread(file, tail, 3, 300000));
    printf("%.3s\n", tail);
    close(file);
    show("long.bin");
    write_all("new.txt", O_TRUNC, "short\n", 6);
    show("new.txt");
}

static void change_names(void) {
    report("make a directory", mkdir("made", 0777));
    report("make it again", mkdir("made", 0777));
    report("rename into it", rename("new.txt", "made/renamed.txt"));
    report("rename over a file", rename("made/renamed.txt", "hello.txt"));
    report("rename a directory", rename("dir", "made/moved"));
    report("rename into itself", rename("made", "made/moved/self"));
    report("link", link("hello.txt", "made/linked.txt"));
    report("symlink", symlink("moved", "made/link"));
    char target[64] = "";
    report("read the link", readlink("made/link", target, sizeof target));
    printf("%s\n", target);
    list("."), list("made"), list("made/link");
    show("hello.txt"), show("made/linked.txt"), show("new.txt"), show("dir");
    report("remove a full directory", rmdir("made"));
    report("unlink a directory", unlink("made"));
    report("remove a file as a directory", rmdir("hello.txt"));
    report("unlink a link", unlink("made/link"));
    report("unlink a name", unlink("made/linked.txt"));
    show("hello.txt");
}

static void change_many(void) {
    char name[64];
    report("make a directory", mkdir("many", 0777));
    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof name, "many/%d", i);
        int file = open(name, O_CREAT | O_WRONLY, 0666);
        if (file < 0 || write(file, name, strlen(name)) < 0) report(name, -1);
        close(file);
    }
    for (int i = 0; i < 2000; i++) {
        snprintf(name, sizeof name, "many/%d", i);
        if (i % 7 && unlink(name) < 0) report(name, -1);
    }
    list("many");
    show("many/1995");
}

static int guest(void) {
    report("chdir", chdir(root()));
    change_files();
    change_names();
    change_many();
    return 0;
}
