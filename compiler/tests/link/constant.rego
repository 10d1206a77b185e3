package test

result := true
