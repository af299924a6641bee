package main

import (
	"context"
	"sync"
	"sync/atomic"
)

// ApplySpec writes the plan's tenants with `flight` calls in flight.
type ApplySpec struct {
	Target Target `json:"target"`
	Plan   Plan   `json:"plan"`
	Flight int    `json:"flight"`
}

// ApplyResult has the clock of the writes alone: from the first request to the last answer.
type ApplyResult struct {
	StartNs    int64   `json:"startNs"`
	EndNs      int64   `json:"endNs"`
	Requests   int     `json:"requests"`
	CPUSeconds float64 `json:"cpuSeconds"`
}

func runApply(text []byte) (any, error) {
	spec, err := parse[ApplySpec](text)
	if err != nil {
		return nil, err
	}
	client, err := newClient(spec.Target)
	if err != nil {
		return nil, err
	}
	tenants, err := spec.Plan.render()
	if err != nil {
		return nil, err
	}
	if err := client.warm(); err != nil {
		return nil, err
	}
	result := ApplyResult{StartNs: nowNs()}
	cpu := cpuSeconds()
	if err := applyAll(client, tenants, spec.Flight); err != nil {
		return nil, err
	}
	result.EndNs = nowNs()
	result.CPUSeconds = cpuSeconds() - cpu
	for _, wave := range spec.Plan.Waves {
		result.Requests += len(wave) * len(tenants)
	}
	return result, client.oneConnection()
}

// applyAll keeps `flight` calls in flight: as many tenants are under way, in order, and a gate bounds their calls.
func applyAll(client *Client, tenants []rendered, flight int) error {
	turn := make(chan struct{}, flight)
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(flight, len(tenants)) {
		workers.Go(func() {
			for ctx.Err() == nil {
				index := int(next.Add(1)) - 1
				if index >= len(tenants) {
					return
				}
				if err := tenants[index].run(ctx, client, turn); err != nil {
					stop(err)
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}
