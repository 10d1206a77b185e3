package bad

p := .5
