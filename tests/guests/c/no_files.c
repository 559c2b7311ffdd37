// Asks for no file at all: there is nothing for an image to serve.
int main(void) { return 0; }
