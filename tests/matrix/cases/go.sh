# shellcheck shell=bash
# tool: go
# does: builds and tests a module, with -race and with cgo, goroutines that are preempted
# image: dev
# version: go version
# seconds: 300
export GOFLAGS=-mod=mod GOPROXY=off GOTOOLCHAIN=local
cat >go.mod <<'G'
module example.com/x
go 1.19
G
cat >x.go <<'G'
package main

// int twice(int x) { return 2 * x; }
import "C"
import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"runtime"
	"sync"
)

func sum(n int) (total int) {
	var lock sync.Mutex
	var group sync.WaitGroup
	for i := 0; i < n; i++ {
		group.Add(1)
		go func(i int) { defer group.Done(); lock.Lock(); total += i; lock.Unlock() }(i)
	}
	group.Wait()
	return total
}

func main() {
	runtime.GOMAXPROCS(2)
	go func() { for { } }() // only a signal stops it
	runtime.GC()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "served") }))
	answer, _ := http.Get(server.URL)
	text, _ := io.ReadAll(answer.Body)
	out, _ := exec.Command("echo", "-n", "child").Output()
	fmt.Println(sum(10000), C.twice(21), string(text), string(out))
}
G
cat >x_test.go <<'G'
package main

import "testing"

var shared int

func TestSum(t *testing.T) { if sum(100) != 4950 { t.Fatal(sum(100)) } }
func TestRace(t *testing.T) {
	done := make(chan bool)
	go func() { shared++; done <- true }()
	shared++
	<-done
}
func BenchmarkSum(b *testing.B) { for i := 0; i < b.N; i++ { sum(10) } }
G
go build -o x .
[[ $(./x) == '49995000 42 served child' ]]
go vet .
go test -run TestSum -bench . -benchtime 100x .
must_fail go test -race . >raced
grep -q 'WARNING: DATA RACE' raced
