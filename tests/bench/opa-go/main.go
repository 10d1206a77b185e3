// Command opa-go is OPA's Go SDK as a peer of the benchmark: one policy, prepared once, asked over standard input.
//
//	opa-go QUERY POLICY-DIR [DATA.json]
//
// Commands, one a line, each answered by one line:
//
//	input FILE   use the document in FILE from now on; answers "ok"
//	answer       the decision on it as JSON
//	run N        decide N times, JSON bytes to JSON bytes; answers the nanoseconds that took
//	build        parse, compile and prepare from nothing but the files; answers the nanoseconds
//	first        the same and one decision; answers the nanoseconds
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/util"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: opa-go QUERY POLICY-DIR [DATA.json]")
		os.Exit(2)
	}
	if err := serve(os.Args[1], os.Args[2], append(os.Args[3:], "")[0]); err != nil {
		fmt.Fprintln(os.Stderr, "opa-go:", err)
		os.Exit(1)
	}
}

func serve(query, policies, data string) error {
	prepared, err := prepare(query, policies, data)
	if err != nil {
		return err
	}
	var input []byte
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		command, argument, _ := strings.Cut(lines.Text(), " ")
		reply := ""
		switch command {
		case "input":
			input, err = os.ReadFile(argument)
			reply = "ok"
		case "answer":
			var out []byte
			out, err = decide(prepared, input)
			reply = string(out)
		case "run":
			var n int
			if n, err = strconv.Atoi(argument); err != nil {
				break
			}
			start := time.Now()
			for i := 0; i < n && err == nil; i++ {
				_, err = decide(prepared, input)
			}
			reply = strconv.FormatInt(time.Since(start).Nanoseconds(), 10)
		case "build", "first":
			start := time.Now()
			var fresh rego.PreparedEvalQuery
			if fresh, err = prepare(query, policies, data); err == nil && command == "first" {
				_, err = decide(fresh, input)
			}
			reply = strconv.FormatInt(time.Since(start).Nanoseconds(), 10)
		default:
			err = fmt.Errorf("unknown command %q", command)
		}
		if err != nil {
			return err
		}
		fmt.Println(reply)
	}
	return lines.Err()
}

func prepare(query, policies, data string) (rego.PreparedEvalQuery, error) {
	var none rego.PreparedEvalQuery
	files, err := filepath.Glob(filepath.Join(policies, "*.rego"))
	if err != nil {
		return none, err
	}
	documents := map[string]any{}
	if data != "" {
		text, err := os.ReadFile(data)
		if err != nil {
			return none, err
		}
		if err := util.UnmarshalJSON(text, &documents); err != nil {
			return none, err
		}
	}
	options := []func(*rego.Rego){
		rego.Query(query),
		rego.Store(inmem.NewFromObjectWithOpts(documents, inmem.OptRoundTripOnWrite(false), inmem.OptReturnASTValuesOnRead(true))),
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return none, err
		}
		options = append(options, rego.Module(file, string(text)))
	}
	return rego.New(options...).PrepareForEval(context.Background())
}

func decide(prepared rego.PreparedEvalQuery, input []byte) ([]byte, error) {
	value, err := ast.ValueFromReader(bytes.NewReader(input))
	if err != nil {
		return nil, err
	}
	results, err := prepared.Eval(context.Background(), rego.EvalParsedInput(value))
	if err != nil {
		return nil, err
	}
	if len(results) == 0 {
		return nil, fmt.Errorf("undefined")
	}
	return json.Marshal(results[0].Expressions[0].Value)
}
