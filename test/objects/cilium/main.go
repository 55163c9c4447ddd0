// Loads an object with cilium/ebpf, sets a parameter, runs a program, and prints what it sees.
package main

import (
	"fmt"
	"os"
	"sort"

	"github.com/cilium/ebpf"
)

func main() {
	spec, err := ebpf.LoadCollectionSpec(os.Args[1])
	if err != nil {
		fail("read", err)
	}
	if err := spec.RewriteConstants(map[string]interface{}{"limit": uint64(6)}); err != nil {
		fail("rewrite", err)
	}
	names := []string{}
	for name, m := range spec.Maps {
		names = append(names, fmt.Sprintf("map %s %s %d %d %d", name, m.Type, m.KeySize, m.ValueSize, m.MaxEntries))
	}
	for name, p := range spec.Programs {
		names = append(names, fmt.Sprintf("program %s %s %s", name, p.Type, p.License))
	}
	sort.Strings(names)
	for _, one := range names {
		fmt.Println(one)
	}
	collection, err := ebpf.NewCollection(spec)
	if err != nil {
		fail("load", err)
	}
	defer collection.Close()
	verdict, _, err := collection.Programs["firewall"].Test(make([]byte, 64))
	if err != nil {
		fail("run", err)
	}
	fmt.Println("verdict", verdict)
}

func fail(what string, err error) {
	fmt.Fprintf(os.Stderr, "%s: %+v\n", what, err)
	os.Exit(1)
}
