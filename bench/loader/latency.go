package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// LatencySpec writes one tenant after the other, by turns itself (`raw`, waves of the plan) and by one request that the
// controller under test acts on (`ask`). Both clocks end when a watch has shown the last object.
type LatencySpec struct {
	Target Target   `json:"target"`
	Paths  []string `json:"paths"`
	// Accepted is the collection in which the site's own record appears; its event starts the second clock.
	Accepted string `json:"accepted"`
	Objects  int    `json:"objects"`
	Raw      Plan   `json:"raw"`
	Ask      Plan   `json:"ask"`
	// AskTarget is the account that asks.
	AskTarget Target `json:"askTarget"`
	PauseMs   int    `json:"pauseMs"`
}

// LatencyResult has one entry per tenant, in milliseconds. Raw is from the first request, Asked from the answer to the
// request, Accepted from the event of the site's own record; all to the event of the last object.
type LatencyResult struct {
	Raw      []float64 `json:"raw"`
	Asked    []float64 `json:"asked"`
	Accepted []float64 `json:"accepted"`
}

func runLatency(text []byte) (any, error) {
	spec, err := parse[LatencySpec](text)
	if err != nil {
		return nil, err
	}
	writer, err := newClient(spec.Target)
	if err != nil {
		return nil, err
	}
	asker, err := newClient(spec.AskTarget)
	if err != nil {
		return nil, err
	}
	observer, err := newClient(spec.Target)
	if err != nil {
		return nil, err
	}
	raws, err := spec.Raw.render()
	if err != nil {
		return nil, err
	}
	asks, err := spec.Ask.render()
	if err != nil {
		return nil, err
	}
	for _, client := range []*Client{writer, asker} {
		if err := client.warm(); err != nil {
			return nil, err
		}
	}
	ctx := context.Background()
	paths := spec.Paths
	if spec.Accepted != "" {
		paths = append(append([]string{}, paths...), spec.Accepted)
	}
	events, err := followAll(ctx, observer, paths)
	if err != nil {
		return nil, err
	}
	result := &LatencyResult{}
	turn := make(chan struct{}, 64)
	for index := range max(len(raws), len(asks)) {
		sides := []func() error{
			func() error {
				if index >= len(raws) {
					return nil
				}
				start := nowNs()
				if err := raws[index].run(ctx, writer, turn); err != nil {
					return err
				}
				_, last, err := spec.waitFor(events, spec.Raw.Names[index])
				result.Raw = append(result.Raw, ms(last-start))
				return err
			},
			func() error {
				if index >= len(asks) {
					return nil
				}
				if err := asks[index].run(ctx, asker, turn); err != nil {
					return err
				}
				start := nowNs()
				accepted, last, err := spec.waitFor(events, spec.Ask.Names[index])
				result.Asked = append(result.Asked, ms(last-start))
				if accepted != 0 {
					result.Accepted = append(result.Accepted, ms(last-accepted))
				}
				return err
			},
		}
		if index%2 == 1 {
			sides[0], sides[1] = sides[1], sides[0]
		}
		for _, side := range sides {
			if err := side(); err != nil {
				return nil, err
			}
			time.Sleep(time.Duration(spec.PauseMs) * time.Millisecond)
		}
	}
	return result, nil
}

// waitFor reads events until all objects of the tenant were seen once.
func (spec *LatencySpec) waitFor(events <-chan Event, name string) (accepted, last int64, err error) {
	seen := map[string]bool{}
	timeout := time.After(60 * time.Second)
	for len(seen) < spec.Objects {
		select {
		case event := <-events:
			if event.Type == "DELETED" || !strings.Contains(event.Key, name) {
				continue
			}
			if event.Path == spec.Accepted {
				if accepted == 0 {
					accepted = event.AtNs
				}
				continue
			}
			if key := event.Path + " " + event.Key; !seen[key] {
				seen[key] = true
				last = max(last, event.AtNs)
			}
		case <-timeout:
			return 0, 0, fmt.Errorf("%s: %d of %d objects after a minute", name, len(seen), spec.Objects)
		}
	}
	return accepted, last, nil
}

func ms(ns int64) float64 { return float64(ns) / 1e6 }
