// Porcupine's verdict and CPU time on the histories that bench/linearizable.py puts on the standard input.
package main

import (
	"encoding/json"
	"hash/fnv"
	"os"
	"runtime"
	"syscall"

	"github.com/anishathalye/porcupine"
)

type event struct {
	Process int
	Id      int
	Call    bool
	F       string
	Key     string
	Value   string
	Old     string
	Unknown bool
}

type history struct {
	Name   string
	Model  string
	Events []event
}

type answer struct {
	Holds   bool
	Seconds float64
}

func hash(state interface{}) uint64 {
	h := fnv.New64a()
	h.Write([]byte(state.(string)))
	return h.Sum64()
}

// A register whose compare-and-set may also be seen to fail; "" is its first value.
var register = porcupine.Model{
	Init: func() interface{} { return "" },
	Step: func(state, input, output interface{}) (bool, interface{}) {
		in, out := input.(event), output.(event)
		switch in.F {
		case "read":
			return out.Unknown || out.Value == state, state
		case "write":
			return true, in.Value
		case "missed":
			return out.Unknown || in.Old != state, state
		}
		if out.Unknown && in.Old != state {
			return true, state // Porcupine gives every call a place: this one found another value.
		}
		return in.Old == state, in.Value
	},
}

var kv = porcupine.Model{
	PartitionEvent: func(events []porcupine.Event) [][]porcupine.Event {
		byKey, keyOf, parts := map[string][]porcupine.Event{}, map[int]string{}, [][]porcupine.Event{}
		for _, e := range events {
			if e.Kind == porcupine.CallEvent {
				keyOf[e.Id] = e.Value.(event).Key
			}
			byKey[keyOf[e.Id]] = append(byKey[keyOf[e.Id]], e)
		}
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() interface{} { return "" },
	Hash: hash,
	Step: func(state, input, output interface{}) (bool, interface{}) {
		in, out := input.(event), output.(event)
		switch in.F {
		case "get":
			return out.Unknown || out.Value == state, state
		case "put":
			return true, in.Value
		}
		return true, state.(string) + in.Value
	},
}

func seconds() float64 {
	var used syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return float64(used.Utime.Sec+used.Stime.Sec) + float64(used.Utime.Usec+used.Stime.Usec)/1e6
}

func main() {
	var histories []history
	if err := json.NewDecoder(os.Stdin).Decode(&histories); err != nil {
		panic(err)
	}
	answers := map[string]answer{}
	for _, h := range histories {
		model := map[string]porcupine.Model{"etcd": register, "kv": kv}[h.Model]
		var events []porcupine.Event
		for _, e := range h.Events {
			kind := porcupine.ReturnEvent
			if e.Call {
				kind = porcupine.CallEvent
			}
			events = append(events, porcupine.Event{ClientId: e.Process, Kind: kind, Value: e, Id: e.Id})
		}
		runtime.GC()
		// Again until there is something to measure: a run of microseconds is below the clock's grain.
		start, runs, holds := seconds(), 0, false
		for used := 0.0; runs == 0 || used < 0.05 && runs < 1000; used = seconds() - start {
			holds = porcupine.CheckEvents(model, events)
			runs++
		}
		answers[h.Name] = answer{holds, (seconds() - start) / float64(runs)}
	}
	json.NewEncoder(os.Stdout).Encode(answers)
}
