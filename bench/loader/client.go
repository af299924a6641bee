package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
)

// Target says which API server is called and as whom: a token, or a client certificate.
type Target struct {
	Server string `json:"server"`
	CA     string `json:"ca"`
	Token  string `json:"token"`
	Cert   string `json:"cert"`
	Key    string `json:"key"`
}

// streams that one connection carries at once: kube-apiserver allows 100. Calls beyond it wait for a place here.
const streams = 96

// Client is one HTTP/2 connection; a second one is an error.
type Client struct {
	target Target
	http   *http.Client
	dials  atomic.Int32
	places chan struct{}
}

func newClient(target Target) (*Client, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(target.CA)) {
		return nil, errors.New("the CA is not PEM")
	}
	config := &tls.Config{RootCAs: pool, NextProtos: []string{"h2"}}
	if target.Cert != "" {
		pair, err := tls.X509KeyPair([]byte(target.Cert), []byte(target.Key))
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	client := &Client{target: target, places: make(chan struct{}, streams)}
	dialer := &tls.Dialer{Config: config}
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	transport := &http.Transport{
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			client.dials.Add(1)
			return dialer.DialContext(ctx, network, address)
		},
		Protocols: protocols,
		HTTP2: &http.HTTP2Config{
			MaxReceiveBufferPerConnection: 1 << 25,
			MaxReceiveBufferPerStream:     1 << 22,
		},
		DisableCompression: true,
	}
	client.http = &http.Client{Transport: transport}
	return client, nil
}

// warm opens the connection, so that its set-up is in no clock.
func (client *Client) warm() error {
	_, err := client.send(context.Background(), &Request{Method: "GET", Path: "/version"})
	return err
}

// Request is one call as it goes over the wire.
type Request struct {
	Method string `json:"method"`
	// Path with query.
	Path string `json:"path"`
	Type string `json:"type"`
	Body string `json:"body"`
	// Keep names a place for the uid in the answer; later bodies of the same tenant name it as @Keep@.
	Keep string `json:"keep"`
	// Token is used instead of the target's: a report is sent by another account.
	Token string `json:"token"`
}

func (client *Client) open(ctx context.Context, request *Request) (*http.Response, error) {
	var body io.Reader
	if request.Body != "" {
		body = bytes.NewReader([]byte(request.Body))
	}
	call, err := http.NewRequestWithContext(ctx, request.Method, client.target.Server+request.Path, body)
	if err != nil {
		return nil, err
	}
	call.Header.Set("accept", "application/json")
	call.Header.Set("user-agent", "jinhong-bench")
	if request.Type != "" {
		call.Header.Set("content-type", request.Type)
	}
	if token := cmp.Or(request.Token, client.target.Token); token != "" {
		call.Header.Set("authorization", "Bearer "+token)
	}
	response, err := client.http.Do(call)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", request.Method, request.Path, err)
	}
	if response.StatusCode >= 400 {
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return nil, fmt.Errorf("%s %s: %d %s", request.Method, request.Path, response.StatusCode, text)
	}
	return response, nil
}

// send reads the whole answer.
func (client *Client) send(ctx context.Context, request *Request) ([]byte, error) {
	client.places <- struct{}{}
	defer func() { <-client.places }()
	response, err := client.open(ctx, request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

func (client *Client) oneConnection() error {
	if dials := client.dials.Load(); dials != 1 {
		return fmt.Errorf("%d connections instead of one", dials)
	}
	return nil
}
