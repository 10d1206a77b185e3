package o

owner := input.owner

missing() := input.missing
