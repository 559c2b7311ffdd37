// An object of static lifetime that reads a file in its constructor and in its
// destructor, and one that a function makes when it is first called. C headers only:
// not every compiler brings the C++ library.
#include <stdio.h>

class Reader {
  public:
    explicit Reader(const char *name) : name(name) {
        count++;
        read("constructor");
    }
    ~Reader() { read("destructor"); }
    static int count;

  private:
    void read(const char *when) {
        char text[100] = "nothing\n";
        if (FILE *file = fopen("/data/hello.txt", "r")) {
            if (!fgets(text, sizeof text, file)) text[0] = 0;
            fclose(file);
        }
        printf("%s of %s: %s", when, name, text);
        fflush(stdout);
    }
    const char *name;
};

int Reader::count;
static Reader first("the first");

static int guest() {
    static Reader inner("the inner one");
    printf("%d were made\n", Reader::count);
    fflush(stdout);
    return 0;
}

#ifdef REACTOR
extern "C" __attribute__((export_name("run"))) int run() { return guest(); }
#else
int main() { return guest(); }
#endif
