// Prints a Go file as it should be formatted, if it is one.
//
// Usage: go run gofmt.go < FILE
package main

import (
	"go/format"
	"io"
	"log"
	"os"
)

func main() {
	source, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	formatted, err := format.Source(source)
	if err != nil {
		log.Fatal(err)
	}
	os.Stdout.Write(formatted)
}
