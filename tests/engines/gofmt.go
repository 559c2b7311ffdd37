// Prints a Go file as it should be formatted, if it is one.
//
// Usage: go run gofmt.go FILE
package main

import (
	"go/format"
	"log"
	"os"
)

func main() {
	source, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	formatted, err := format.Source(source)
	if err != nil {
		log.Fatal(err)
	}
	os.Stdout.Write(formatted)
}
