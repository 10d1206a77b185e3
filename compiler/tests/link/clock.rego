package test

result := time.now_ns()
