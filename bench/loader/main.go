// Loader is the lower bound that the bench compares the controllers with: one HTTP/2 connection, bodies that were
// serialised beforehand, no cache, no retry. It also is the one observer and clock of both sides. Standard library only.
//
// Usage: loader MODE SPEC.json, one JSON document per line on stdout. Modes: apply, observe, list, latency, drift, patch-one.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"time"
)

type mode func(spec []byte) (any, error)

var modes = map[string]mode{
	"apply":     runApply,
	"observe":   runObserve,
	"list":      runList,
	"latency":   runLatency,
	"drift":     runDrift,
	"patch-one": runPatchOne,
}

func main() {
	if len(os.Args) != 3 || modes[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: loader apply|observe|list|latency|drift|patch-one SPEC.json")
		os.Exit(64)
	}
	spec, err := os.ReadFile(os.Args[2])
	if err == nil {
		var result any
		if result, err = modes[os.Args[1]](spec); err == nil {
			say(result)
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// say writes one line for the bench.
func say(value any) {
	line, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

// cpuSeconds is what this process has used so far, user and system.
func cpuSeconds() float64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(usage.Utime) + seconds(usage.Stime)
}

func nowNs() int64 { return time.Now().UnixNano() }
