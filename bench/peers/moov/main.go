// Times moov-io/iso8583 on one message: hexadecimal in the first argument, JSON out.
//
// The message must come apart into the values of the JSON on standard input and be put together
// again to the very same bytes, or nothing is timed.
package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"github.com/moov-io/iso8583"
)

const (
	rounds   = 15
	duration = 60 * time.Millisecond
	module   = "github.com/moov-io/iso8583"
)

var spec = specification()

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return fmt.Errorf("usage: moov MESSAGE_HEX < VALUES_JSON")
	}
	body, err := hex.DecodeString(os.Args[1])
	if err != nil {
		return err
	}
	var expected any
	if err := json.NewDecoder(os.Stdin).Decode(&expected); err != nil {
		return err
	}
	purchase, err := read(body)
	if err != nil {
		return err
	}
	if err := check(purchase, body, expected); err != nil {
		return err
	}
	figures := map[string]any{
		"module":           version(),
		"go":               runtime.Version(),
		"decode_ns":        median(func() { must(unpack(body)) }),
		"read_ns":          median(func() { must(read(body)) }),
		"encode_ns":        median(func() { must(write(purchase)) }),
		"decode_encode_ns": median(func() { must(write(must(read(body)))) }),
		"json_ns":          median(func() { must(json.Marshal(must(unpack(body)))) }),
	}
	return json.NewEncoder(os.Stdout).Encode(figures)
}

func unpack(body []byte) (*iso8583.Message, error) {
	message := iso8583.NewMessage(spec)
	return message, message.Unpack(body)
}

// Decode and take every value into a struct, the module's own way to read a message.
func read(body []byte) (*Purchase, error) {
	message, err := unpack(body)
	if err != nil {
		return nil, err
	}
	purchase := &Purchase{}
	return purchase, message.Unmarshal(purchase)
}

func write(purchase *Purchase) ([]byte, error) {
	message := iso8583.NewMessage(spec)
	if err := message.Marshal(purchase); err != nil {
		return nil, err
	}
	return message.Pack()
}

func check(purchase *Purchase, body []byte, expected any) error {
	octets, err := write(purchase)
	if err != nil {
		return err
	}
	if !bytes.Equal(octets, body) {
		return fmt.Errorf("the message came back as %d other bytes", len(octets))
	}
	message, err := unpack(body)
	if err != nil {
		return err
	}
	document, err := json.Marshal(message)
	if err != nil {
		return err
	}
	var found any
	if err := json.Unmarshal(document, &found); err != nil {
		return err
	}
	// maps of any depth compare by their sorted JSON
	wanted, _ := json.Marshal(expected)
	got, _ := json.Marshal(found)
	if !bytes.Equal(wanted, got) {
		return fmt.Errorf("other values than expected:\n%s\n%s", got, wanted)
	}
	return nil
}

// CPU time of this program, its collector's threads included: a busy machine stretches clocks.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// The median nanoseconds of CPU time of a call, over rounds.
func median(call func()) float64 {
	figures := make([]float64, 0, rounds)
	for range rounds {
		calls := 0
		started := cpu()
		for cpu()-started < duration {
			for range 20 {
				call()
			}
			calls += 20
		}
		figures = append(figures, float64((cpu()-started).Nanoseconds())/float64(calls))
	}
	slices.Sort(figures)
	return figures[rounds/2]
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func version() string {
	information, ok := debug.ReadBuildInfo()
	if ok {
		for _, dependency := range information.Deps {
			if dependency.Path == module {
				return dependency.Version
			}
		}
	}
	return "unknown"
}
