// A Go output plugin that uses only the standard library: its flush shows that Go's own signals still work.
package main

/*
#include <stdlib.h>

struct flb_plugin_proxy_def {
	int type;
	int proxy;
	int flags;
	char *name;
	char *description;
};
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"
)

// The plugin's name in Fluent Bit: -ldflags "-X main.name=…".
var name = "go_probe"

const (
	outputPlugin = 2
	golangProxy  = 11
	flbError     = 0
	flbOk        = 1
)

//export FLBPluginRegister
func FLBPluginRegister(definition unsafe.Pointer) C.int {
	def := (*C.struct_flb_plugin_proxy_def)(definition)
	def._type = outputPlugin
	def.proxy = golangProxy
	def.name = C.CString(name)
	def.description = C.CString("shows that Go's signals work")
	return 0
}

//export FLBPluginInit
func FLBPluginInit(plugin unsafe.Pointer) C.int {
	return flbOk
}

//export FLBPluginFlush
func FLBPluginFlush(data unsafe.Pointer, length C.int, tag *C.char) C.int {
	// Two Go runtimes in one process take each other's signals, also without the plugin under test, and hang in Fluent Bit.
	if name != "go_probe" {
		fmt.Fprintf(os.Stderr, "%s: collected=%t\n", name, collects())
		return flbOk
	}
	recovered, preempted := recovers(), preempts()
	fmt.Fprintf(os.Stderr, "%s: recovered=%t preempted=%t\n", name, recovered, preempted)
	if recovered && preempted {
		return flbOk
	}
	return flbError
}

//export FLBPluginExit
func FLBPluginExit() C.int {
	fmt.Fprintf(os.Stderr, "%s: exited\n", name)
	return flbOk
}

// Go turns the SIGSEGV into a panic; a handler of another library would end the process.
func recovers() (recovered bool) {
	defer func() { recovered = recover() != nil }()
	var nothing *int
	*nothing = 1
	return false
}

// A loop without calls is preempted only by SIGURG (Go 1.14 and later), and a collection waits for that.
func preempts() bool {
	var stop uint32
	ended := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			if n&0xfffff == 0 && atomic.LoadUint32(&stop) != 0 {
				break
			}
		}
		close(ended)
	}()
	time.Sleep(10 * time.Millisecond)
	collected := make(chan struct{})
	go func() {
		runtime.GC()
		close(collected)
	}()
	preempted := false
	select {
	case <-collected:
		preempted = true
	case <-time.After(10 * time.Second):
	}
	atomic.StoreUint32(&stop, 1)
	<-ended
	return preempted
}

// Uses Go's own threads and its collector, without a signal as a message.
func collects() bool {
	done := make(chan int)
	for n := 0; n < 4; n++ {
		go func(n int) { done <- len(make([]byte, 1<<20)) >> n }(n)
	}
	sum := 0
	for n := 0; n < 4; n++ {
		sum += <-done
	}
	runtime.GC()
	return sum > 0
}

func main() {}
