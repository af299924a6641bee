package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// DriftSpec disturbs objects and waits until they are back: by this program itself (`restore`: the bound, watch plus one
// write) or by the controller under test.
type DriftSpec struct {
	// Target restores and watches.
	Target Target `json:"target"`
	// Vandal is the account that disturbs.
	Vandal Target  `json:"vandal"`
	Cases  []Drift `json:"cases"`
	// Watch is the collection in which the objects are.
	Watch   string `json:"watch"`
	Restore bool   `json:"restore"`
	// AtOnce disturbs all cases together; else one after the other, with a pause.
	AtOnce         bool `json:"atOnce"`
	Flight         int  `json:"flight"`
	PauseMs        int  `json:"pauseMs"`
	TimeoutSeconds int  `json:"timeoutSeconds"`
}

// Drift is one object: its key (`namespace/name`), what disturbs it, what restores it, and the number of events of the
// disturbance after which the next one is the repair (a removal: 1 DELETED, then ADDED; an edit: 1 MODIFIED, then MODIFIED).
type Drift struct {
	Key     string  `json:"key"`
	Disturb Request `json:"disturb"`
	Restore Request `json:"restore"`
}

// DriftResult has milliseconds per case: from the answer to the disturbance to the event of the repair, and for the bound
// its two parts. WallMs is from the first disturbance to the last repair.
type DriftResult struct {
	TotalMs []float64 `json:"totalMs"`
	EventMs []float64 `json:"eventMs"`
	WallMs  float64   `json:"wallMs"`
}

func runDrift(text []byte) (any, error) {
	spec, err := parse[DriftSpec](text)
	if err != nil {
		return nil, err
	}
	restorer, err := newClient(spec.Target)
	if err != nil {
		return nil, err
	}
	vandal, err := newClient(spec.Vandal)
	if err != nil {
		return nil, err
	}
	for _, client := range []*Client{restorer, vandal} {
		if err := client.warm(); err != nil {
			return nil, err
		}
	}
	ctx := context.Background()
	events, err := followAll(ctx, restorer, []string{spec.Watch})
	if err != nil {
		return nil, err
	}
	run := &driftRun{spec: spec, waiting: map[string]chan int64{}}
	go run.dispatch(events)
	flight := 1
	if spec.AtOnce {
		flight = max(1, spec.Flight)
	}
	result := &DriftResult{TotalMs: make([]float64, len(spec.Cases)), EventMs: make([]float64, len(spec.Cases))}
	failures := make([]error, len(spec.Cases))
	turn := make(chan struct{}, flight)
	start := nowNs()
	var all sync.WaitGroup
	for index := range spec.Cases {
		turn <- struct{}{}
		all.Go(func() {
			held := true
			leave := func() {
				if held {
					held = false
					<-turn
				}
			}
			defer leave()
			done := leave
			if !spec.AtOnce {
				done = func() {}
			}
			result.EventMs[index], result.TotalMs[index], failures[index] = run.one(ctx, vandal, restorer, index, done)
			if !spec.AtOnce {
				time.Sleep(time.Duration(spec.PauseMs) * time.Millisecond)
			}
		})
	}
	all.Wait()
	result.WallMs = ms(nowNs() - start)
	for _, failure := range failures {
		if failure != nil {
			return nil, failure
		}
	}
	return result, nil
}

type driftRun struct {
	spec    *DriftSpec
	mutex   sync.Mutex
	waiting map[string]chan int64
}

func (run *driftRun) dispatch(events <-chan Event) {
	for event := range events {
		run.mutex.Lock()
		channel := run.waiting[event.Key]
		run.mutex.Unlock()
		if channel != nil {
			channel <- event.AtNs
		}
	}
}

// one disturbs an object; the first event is the disturbance, the second the repair. `disturbed` is called in between.
func (run *driftRun) one(ctx context.Context, vandal, restorer *Client, index int, disturbed func()) (eventMs, totalMs float64, err error) {
	drift := run.spec.Cases[index]
	channel := make(chan int64, 64)
	run.mutex.Lock()
	run.waiting[drift.Key] = channel
	run.mutex.Unlock()
	if _, err := vandal.send(ctx, &drift.Disturb); err != nil {
		return 0, 0, err
	}
	start := nowNs()
	disturbed()
	timeout := time.After(time.Duration(run.spec.TimeoutSeconds) * time.Second)
	next := func() (int64, error) {
		select {
		case at := <-channel:
			return at, nil
		case <-timeout:
			return 0, fmt.Errorf("%s: not seen in %d s", drift.Key, run.spec.TimeoutSeconds)
		}
	}
	seen, err := next()
	if err != nil {
		return 0, 0, err
	}
	if run.spec.Restore {
		if _, err := restorer.send(ctx, &drift.Restore); err != nil {
			return 0, 0, err
		}
	}
	back, err := next()
	return ms(max(0, seen-start)), ms(back - start), err
}

// PatchOneSpec sends requests one after the other.
type PatchOneSpec struct {
	Target   Target    `json:"target"`
	Requests []Request `json:"requests"`
	PauseMs  int       `json:"pauseMs"`
}

// runPatchOne resolves with the milliseconds of each request.
func runPatchOne(text []byte) (any, error) {
	spec, err := parse[PatchOneSpec](text)
	if err != nil {
		return nil, err
	}
	client, err := newClient(spec.Target)
	if err != nil {
		return nil, err
	}
	if err := client.warm(); err != nil {
		return nil, err
	}
	took := make([]float64, 0, len(spec.Requests))
	for index := range spec.Requests {
		start := nowNs()
		if _, err := client.send(context.Background(), &spec.Requests[index]); err != nil {
			return nil, err
		}
		took = append(took, ms(nowNs()-start))
		time.Sleep(time.Duration(spec.PauseMs) * time.Millisecond)
	}
	return map[string][]float64{"tookMs": took}, client.oneConnection()
}
