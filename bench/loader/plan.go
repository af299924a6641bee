package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// Plan is what to write: the requests of one tenant, in waves, and the names that take the stand-in's place. A wave
// begins when all answers of the one before are there.
type Plan struct {
	Waves   [][]Request `json:"waves"`
	StandIn string      `json:"standIn"`
	Names   []string    `json:"names"`
	// Values of further placeholders, per tenant.
	Values map[string][]string `json:"values"`
}

// rendered is one tenant's requests with its own names, serialised before any clock runs.
type rendered [][]Request

func (plan *Plan) render() ([]rendered, error) {
	tenants := make([]rendered, len(plan.Names))
	for index, name := range plan.Names {
		pairs := []string{plan.StandIn, name}
		for placeholder, values := range plan.Values {
			if len(values) != len(plan.Names) {
				return nil, fmt.Errorf("%d values of %s for %d names", len(values), placeholder, len(plan.Names))
			}
			pairs = append(pairs, placeholder, values[index])
		}
		replacer := strings.NewReplacer(pairs...)
		waves := make(rendered, len(plan.Waves))
		for at, wave := range plan.Waves {
			for _, request := range wave {
				request.Path = replacer.Replace(request.Path)
				request.Body = replacer.Replace(request.Body)
				waves[at] = append(waves[at], request)
			}
		}
		tenants[index] = waves
	}
	return tenants, nil
}

// run sends one tenant's requests; `turn` bounds the calls in flight over all tenants.
func (waves rendered) run(ctx context.Context, client *Client, turn chan struct{}) error {
	var kept []string
	for _, wave := range waves {
		type answer struct {
			keep string
			uid  string
			err  error
		}
		answers := make(chan answer, len(wave))
		replacer := strings.NewReplacer(kept...)
		one := func(request Request) answer {
			if len(kept) > 0 {
				request.Body = replacer.Replace(request.Body)
			}
			turn <- struct{}{}
			body, err := client.send(ctx, &request)
			<-turn
			if err != nil || request.Keep == "" {
				return answer{err: err}
			}
			return answer{keep: request.Keep, uid: uidOf(body)}
		}
		for _, request := range wave[1:] {
			go func() { answers <- one(request) }()
		}
		answers <- one(wave[0])
		for range wave {
			got := <-answers
			if got.err != nil {
				return got.err
			}
			if got.keep != "" {
				kept = append(kept, "@"+got.keep+"@", got.uid)
			}
		}
	}
	return nil
}

// uidOf is metadata.uid: the first key of that name in what an API server writes.
func uidOf(body []byte) string {
	const mark = `"uid":"`
	at := bytes.Index(body, []byte(mark))
	if at < 0 || at+len(mark)+36 > len(body) {
		return ""
	}
	return string(body[at+len(mark) : at+len(mark)+36])
}

func parse[T any](spec []byte) (*T, error) {
	value := new(T)
	decoder := json.NewDecoder(bytes.NewReader(spec))
	decoder.DisallowUnknownFields()
	return value, decoder.Decode(value)
}

// waitForLine blocks until the bench writes a line to stdin, false at its end.
func waitForLine() bool {
	one := make([]byte, 1)
	for {
		if _, err := os.Stdin.Read(one); err != nil {
			return false
		}
		if one[0] == '\n' {
			return true
		}
	}
}
