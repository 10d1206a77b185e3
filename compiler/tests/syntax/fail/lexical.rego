package lexical

p := "open
