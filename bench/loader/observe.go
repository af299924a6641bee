package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// ObserveSpec counts the objects whose key holds `mark`, over watches on `paths`, until `expect` different ones were seen.
type ObserveSpec struct {
	Target         Target   `json:"target"`
	Paths          []string `json:"paths"`
	Mark           string   `json:"mark"`
	Expect         int      `json:"expect"`
	TimeoutSeconds int      `json:"timeoutSeconds"`
	// Type counts only events of this type; all but DELETED when empty.
	Type string `json:"type"`
}

// ObserveResult says when the first and the last of them were read back.
type ObserveResult struct {
	FirstNs    int64   `json:"firstNs"`
	LastNs     int64   `json:"lastNs"`
	Seen       int     `json:"seen"`
	CPUSeconds float64 `json:"cpuSeconds"`
}

// runObserve says {"ready":true} when all watches are open, and the result when the last object was seen.
func runObserve(text []byte) (any, error) {
	spec, err := parse[ObserveSpec](text)
	if err != nil {
		return nil, err
	}
	client, err := newClient(spec.Target)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Duration(spec.TimeoutSeconds)*time.Second)
	defer stop()
	events, err := followAll(ctx, client, spec.Paths)
	if err != nil {
		return nil, err
	}
	say(map[string]bool{"ready": true})
	cpu := cpuSeconds()
	seen := map[string]bool{}
	result := ObserveResult{}
	for len(seen) < spec.Expect {
		select {
		case event := <-events:
			wanted := event.Type == spec.Type || (spec.Type == "" && event.Type != "DELETED" && event.Type != "BOOKMARK")
			if !wanted || !strings.Contains(event.Key, spec.Mark) {
				continue
			}
			if len(seen) == 0 {
				result.FirstNs = event.AtNs
			}
			if key := event.Path + " " + event.Key; !seen[key] {
				seen[key] = true
				result.LastNs = event.AtNs
			}
		case <-ctx.Done():
			return nil, fmt.Errorf("saw %d of %d objects in %d s", len(seen), spec.Expect, spec.TimeoutSeconds)
		}
	}
	result.Seen = len(seen)
	result.CPUSeconds = cpuSeconds() - cpu
	return result, nil
}
