package c

limit := 0

limit := 1

limit := 2

limit := 3

limit := 4

limit := 5

limit := 6

limit := 7

limit := 8

limit := 9

limit := 10

limit := 11

