package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// Event is one change as a watch tells it, and when it was read.
type Event struct {
	Path string
	Type string
	Key  string
	AtNs int64
}

type eventLine struct {
	Type   string `json:"type"`
	Object struct {
		Metadata struct {
			Name            string `json:"name"`
			Namespace       string `json:"namespace"`
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
	} `json:"object"`
}

// follow opens a watch on a collection (path with query, without `?watch`) from now on and sends its events until ctx ends;
// a watch that the server ends (a slow reader on a busy machine) is opened again where it ended. Returns when it is open.
func follow(ctx context.Context, client *Client, path string, events chan<- Event) error {
	version, err := versionNow(ctx, client, path)
	if err != nil {
		return err
	}
	body, err := openWatch(ctx, client, path, version)
	if err != nil {
		return err
	}
	go func() {
		for {
			version = readWatch(body, path, version, events)
			body.Close()
			if ctx.Err() != nil {
				return
			}
			if body, err = openWatch(ctx, client, path, version); err != nil {
				if ctx.Err() == nil {
					fmt.Fprintln(os.Stderr, "a watch was lost:", err)
					os.Exit(1)
				}
				return
			}
		}
	}()
	return nil
}

func openWatch(ctx context.Context, client *Client, path, version string) (io.ReadCloser, error) {
	query := join(path, "watch=true&timeoutSeconds=3600&resourceVersion="+version)
	response, err := client.open(ctx, &Request{Method: "GET", Path: query})
	if err != nil {
		return nil, err
	}
	return response.Body, nil
}

// readWatch sends the events of one watch and returns the version that it came to.
func readWatch(body io.Reader, path, version string, events chan<- Event) string {
	lines := bufio.NewReaderSize(body, 1<<16)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return version
		}
		at := nowNs()
		var parsed eventLine
		if json.Unmarshal(line, &parsed) != nil || parsed.Type == "ERROR" {
			continue
		}
		meta := parsed.Object.Metadata
		version = meta.ResourceVersion
		events <- Event{Path: path, Type: parsed.Type, Key: meta.Namespace + "/" + meta.Name, AtNs: at}
	}
}

func versionNow(ctx context.Context, client *Client, path string) (string, error) {
	body, err := client.send(ctx, &Request{Method: "GET", Path: join(path, "limit=1")})
	if err != nil {
		return "", err
	}
	var list struct {
		Metadata struct {
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return list.Metadata.ResourceVersion, nil
}

func join(path, query string) string {
	if strings.Contains(path, "?") {
		return path + "&" + query
	}
	return path + "?" + query
}

func followAll(ctx context.Context, client *Client, paths []string) (<-chan Event, error) {
	events := make(chan Event, 1<<16)
	for _, path := range paths {
		if err := follow(ctx, client, path, events); err != nil {
			return nil, err
		}
	}
	return events, nil
}
