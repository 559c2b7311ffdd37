// Walks a tree and reads its files with Go's library. The output has the format of
// guests/c/tree.c, so that the two can be compared.
package main

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func describe(path string, info fs.FileInfo) string {
	time := fmt.Sprintf("%d.%09d", info.ModTime().Unix(), info.ModTime().Nanosecond())
	switch {
	case info.IsDir():
		return fmt.Sprintf("%s directory %s", path, time)
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(path)
		must(err)
		return fmt.Sprintf("%s link %s %s", path, time, target)
	}
	content, err := os.ReadFile(path)
	must(err)
	hash := fnv.New64a()
	hash.Write(content)
	return fmt.Sprintf("%s file %s %d %x", path, time, info.Size(), hash.Sum64())
}

// The last bytes by ReadAt, which is fd_pread, are those of the whole.
func checkReadAt(path string, info fs.FileInfo) {
	file, err := os.Open(path)
	must(err)
	defer file.Close()
	whole, err := os.ReadFile(path)
	must(err)
	tail := make([]byte, min(100, len(whole)))
	_, err = file.ReadAt(tail, info.Size()-int64(len(tail)))
	must(err)
	if !bytes.HasSuffix(whole, tail) {
		must(fmt.Errorf("%s: ReadAt and ReadFile differ", path))
	}
}

func main() {
	root := os.Getenv("ROOT")
	if root == "" {
		root = "/data"
	}
	var lines []string
	must(filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		must(err)
		info, err := os.Lstat(path)
		must(err)
		lines = append(lines, describe(path, info))
		if info.Mode().IsRegular() && info.Size() > 0 {
			checkReadAt(path, info)
		}
		return nil
	}))
	sort.Strings(lines)
	for _, line := range lines {
		fmt.Println(line)
	}
}
