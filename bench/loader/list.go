package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"sync"
)

// ListSpec reads collections page by page, all of them at once. Decode is `drain` (bytes only), `generic` (into maps, as a
// dynamic client does) or `slim` (metadata into a struct, the rest kept as bytes).
type ListSpec struct {
	Target Target   `json:"target"`
	Paths  []string `json:"paths"`
	Limit  int      `json:"limit"`
	Decode string   `json:"decode"`
}

// ListResult is the clock from the first request to the last object decoded.
type ListResult struct {
	StartNs    int64   `json:"startNs"`
	EndNs      int64   `json:"endNs"`
	Pages      int     `json:"pages"`
	Objects    int     `json:"objects"`
	Bytes      int     `json:"bytes"`
	CPUSeconds float64 `json:"cpuSeconds"`
}

type listHead struct {
	Metadata struct {
		Continue string `json:"continue"`
	} `json:"metadata"`
}

type slimItem struct {
	Metadata struct {
		Name              string            `json:"name"`
		Namespace         string            `json:"namespace"`
		UID               string            `json:"uid"`
		ResourceVersion   string            `json:"resourceVersion"`
		DeletionTimestamp string            `json:"deletionTimestamp"`
		Labels            map[string]string `json:"labels"`
		Annotations       map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec     json.RawMessage `json:"spec"`
	Subjects json.RawMessage `json:"subjects"`
	RoleRef  json.RawMessage `json:"roleRef"`
}

func runList(text []byte) (any, error) {
	spec, err := parse[ListSpec](text)
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
	results := make([]ListResult, len(spec.Paths))
	failures := make([]error, len(spec.Paths))
	total := ListResult{StartNs: nowNs()}
	cpu := cpuSeconds()
	var readers sync.WaitGroup
	for index, path := range spec.Paths {
		readers.Go(func() { failures[index] = readPages(client, spec, path, &results[index]) })
	}
	readers.Wait()
	total.EndNs = nowNs()
	total.CPUSeconds = cpuSeconds() - cpu
	for index, result := range results {
		if failures[index] != nil {
			return nil, failures[index]
		}
		total.Pages += result.Pages
		total.Objects += result.Objects
		total.Bytes += result.Bytes
	}
	return total, client.oneConnection()
}

func readPages(client *Client, spec *ListSpec, path string, result *ListResult) error {
	next := ""
	for {
		query := "limit=" + strconv.Itoa(spec.Limit)
		if next != "" {
			query += "&continue=" + url.QueryEscape(next)
		}
		body, err := client.send(context.Background(), &Request{Method: "GET", Path: join(path, query)})
		if err != nil {
			return err
		}
		result.Pages++
		result.Bytes += len(body)
		var objects int
		if next, objects, err = decode(spec.Decode, body); err != nil {
			return err
		}
		result.Objects += objects
		if next == "" {
			return nil
		}
	}
}

func decode(how string, body []byte) (next string, objects int, err error) {
	switch how {
	case "drain":
		next = continueOf(body)
		return next, 0, nil
	case "generic":
		var list map[string]any
		if err = json.Unmarshal(body, &list); err != nil {
			return "", 0, err
		}
		meta, _ := list["metadata"].(map[string]any)
		items, _ := list["items"].([]any)
		next, _ = meta["continue"].(string)
		return next, len(items), nil
	case "slim":
		var list struct {
			listHead
			Items []slimItem `json:"items"`
		}
		err = json.Unmarshal(body, &list)
		return list.Metadata.Continue, len(list.Items), err
	}
	return "", 0, fmt.Errorf("unknown way to decode: %s", how)
}

// continueOf finds metadata.continue without reading the items: the metadata of a list comes first, but last in lists of
// custom kinds.
func continueOf(body []byte) string {
	const edge = 4096
	mark := []byte(`"continue":"`)
	for _, part := range [][]byte{body[:min(len(body), edge)], body[max(0, len(body)-edge):]} {
		if _, rest, found := bytes.Cut(part, mark); found {
			token, _, _ := bytes.Cut(rest, []byte(`"`))
			return string(token)
		}
	}
	return ""
}
