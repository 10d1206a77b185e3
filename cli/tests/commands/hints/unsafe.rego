package p

allowed := true

p if alowed
